import { quoteName, type TableName } from '../catalog/catalog';
import type { DumpEntry } from './dump-entry';
import { keyOf } from './schema-scope';
import { sqlTokens, type SqlToken } from './sql-tokens';

/** Kinds whose statements may name a schema alone, behind the word SCHEMA. */
const NAMES_SCHEMAS = new Set(['SCHEMA', 'ACL', 'COMMENT', 'SECURITY LABEL', 'DEFAULT ACL', 'EXTENSION', 'PUBLICATION TABLES IN SCHEMA']);
/** Kinds that hold queries: in those a name before a dot may be an alias or a table as well. */
const HOLDS_QUERIES = new Set(['VIEW', 'MATERIALIZED VIEW', 'RULE', 'POLICY', 'FUNCTION', 'PROCEDURE']);

export interface RenamedStatement {
  sql: string;
  /** Why it cannot be told with certainty what a name means; null: it can. */
  ambiguous: string | null;
}

/**
 * A statement of pg_dump with its schemas renamed. pg_dump writes every name with its schema (its search_path is empty), so a schema is a name
 * before a dot that does not follow one itself. Text in quotes is left as it is, but for constants like 'schema.name'::regclass, which
 * the server reads as names. Bodies of functions are text: see `mentionsInBody`.
 */
export function renameSchemas(entry: Pick<DumpEntry, 'kind'>, sql: string, schemas: ReadonlyMap<string, string>): RenamedStatement {
  if (schemas.size === 0) return { sql, ambiguous: null };
  const tokens = sqlTokens(sql).map((token) => ({ ...token }));
  const solid = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  let ambiguous: string | null = null;
  solid.forEach((token, index) => {
    const [before, after] = [solid[index - 1], solid[index + 1]];
    if (token.kind === 'text' && isRegCast(solid, index))
      token.text = inConstant(token.text, (inner) => renameSchemas({ kind: 'NAME' }, inner, schemas).sql);
    if (token.kind === 'text' && isInSearchPath(solid, index)) token.text = renameWhole(token.text, schemas);
    if (token.kind !== 'name' && token.kind !== 'quoted-name') return;
    const to = schemas.get(token.name);
    if (to === undefined) return;
    const isSchema = after?.text === '.' && before?.text !== '.';
    const isNamedAlone = NAMES_SCHEMAS.has(entry.kind) && before?.kind === 'name' && before.name === 'schema';
    if (isSchema || isNamedAlone) token.text = quoteName(to);
    else if (HOLDS_QUERIES.has(entry.kind) && token.name !== 'as')
      ambiguous ??= `"${token.name}" is a schema and also something else in it`;
  });
  return { sql: tokens.map(({ text }) => text).join(''), ambiguous };
}

/** A constant that the server reads as a name. */
export function isRegCast(tokens: SqlToken[], index: number): boolean {
  const type = tokens[index + 3];
  return (
    tokens[index + 1]?.text === ':' &&
    tokens[index + 2]?.text === ':' &&
    type !== undefined &&
    /^reg(class|type|proc|procedure|oper|operator|config|dictionary|collation|namespace)$/.test(type.name)
  );
}

/** SET search_path TO 'one', 'two', as pg_dump writes it at a function. */
function isInSearchPath(tokens: SqlToken[], index: number): boolean {
  let at = index - 1;
  while (tokens[at]?.text === ',' && tokens[at - 1]?.kind === 'text') at -= 2;
  return tokens[at]?.name === 'to' && tokens[at - 1]?.name === 'search_path' && tokens[at - 2]?.name === 'set';
}

function renameWhole(text: string, schemas: ReadonlyMap<string, string>): string {
  const to = schemas.get(text.slice(1, -1).replaceAll("''", "'"));
  return to === undefined ? text : `'${to.replaceAll("'", "''")}'`;
}

/** The content of a constant is a name, or a function with its arguments. */
export function inConstant(text: string, rename: (sql: string) => string): string {
  const inner = text.slice(1, -1).replaceAll("''", "'");
  return `'${rename(inner).replaceAll("'", "''")}'`;
}

/** With tables renamed as well: for statements that hold no queries, as those of indexes and constraints. */
export function renameTables(sql: string, tables: ReadonlyMap<string, TableName>): string {
  const tokens = sqlTokens(sql).map((token) => ({ ...token }));
  const solid = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  solid.forEach((token, index) => {
    const [dot, name] = [solid[index + 1], solid[index + 2]];
    if (token.kind === 'text' && isRegCast(solid, index)) token.text = inConstant(token.text, (inner) => renameTables(inner, tables));
    if (token.name === '' || dot?.text !== '.' || !name || name.name === '' || solid[index - 1]?.text === '.') return;
    const to = tables.get(keyOf({ schema: token.name, table: name.name }));
    if (to) [token.text, name.text] = [quoteName(to.schema), quoteName(to.table)];
  });
  return tokens.map(({ text }) => text).join('');
}

/** Which of the tables a statement names, with what is said of them: what they are renamed to. */
export function tablesNamed<T>(sql: string, tables: ReadonlyMap<string, T>): { from: TableName; to: T }[] {
  const solid = sqlTokens(sql).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const found = new Map<string, { from: TableName; to: T }>();
  solid.forEach((token, index) => {
    const from = { schema: token.name, table: solid[index + 2]?.name ?? '' };
    const to = solid[index + 1]?.text === '.' ? tables.get(keyOf(from)) : undefined;
    if (to) found.set(keyOf(from), { from, to });
  });
  return [...found.values()];
}

/** Which of the names the bodies of a function's statement mention as words: text that is not renamed. */
export function mentionsInBody(sql: string, names: Iterable<string>): string[] {
  const bodies = sqlTokens(sql).filter(({ kind }) => kind === 'dollar-text' || kind === 'text');
  const words = new Set(bodies.flatMap(({ text }) => text.match(/[\p{L}\p{N}_$]+/gu) ?? []).map((word) => word.toLowerCase()));
  return [...names].filter((name) => words.has(name.toLowerCase()));
}
