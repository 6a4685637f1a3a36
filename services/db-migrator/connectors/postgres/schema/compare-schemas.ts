import type { TableName } from '../catalog/catalog';
import type { PgRow, PgSession } from '../session/pg-session';
import { columnIn, ComparedColumns } from './compare-columns';
import { renamingOf } from './copy-schema';
import { objectsOfColumns, type ObjectOfColumn } from './objects-of-columns';
import { inConstant, isRegCast, renameSchemas, renameTables } from './rename-in-statement';
import type { Renaming } from './restore-entry';
import { keyOf, nameFilter, tableOfKey, type NameFilter, type SchemaScope } from './schema-scope';
import { OBJECT_KINDS, type ObjectKind } from './schema-objects';
import { sqlTokens } from './sql-tokens';

export interface CompareSchemasOptions {
  source: PgSession;
  target: PgSession;
  scope: SchemaScope;
  targetName: (name: TableName) => TableName;
  /** Differences that are kept; all are counted. */
  limit: number;
  signal: AbortSignal;
}

export interface SchemaDifference {
  /** "index zoo.account_note", as at the source; what the target has too many of, as at the target. */
  key: string;
  kind: 'definition';
  detail: string;
}

export interface SchemaComparison {
  /** Objects of the source that were compared. */
  objects: number;
  differences: SchemaDifference[];
  differenceCount: number;
}

const SHOWN_CHARACTERS = 200;

/**
 * Compares the definitions of everything in the scope, kind by kind: columns, indexes, constraints, triggers, policies, rules, views, functions,
 * types, comments, and owners and grants where roles are copied. Both servers are asked for what they hold, so it does not matter how it came
 * there. What the target has beside is told only where it changes what a migrated table takes (an index, a trigger).
 */
export async function compareSchemas(options: CompareSchemasOptions): Promise<SchemaComparison> {
  const comparison: SchemaComparison = { objects: 0, differences: [], differenceCount: 0 };
  const objects = await objectsOfColumns(options.source, options.scope.tables, options.signal);
  const columns = new ComparedColumns(options.scope.tables, options.targetName, objects);
  const leftOut = await leftOutRelations(options, objects);
  for (const kind of OBJECT_KINDS) {
    if (kind.isRights && !options.scope.roles) continue;
    await compareKind(kind, options, { leftOut, columns }, comparison);
  }
  return comparison;
}

interface Left {
  leftOut: ReadonlySet<string>;
  columns: ComparedColumns;
}

/** Tables that are not migrated, and what cannot be without them or without columns: their indexes and sequences, and views over them. As `keyOf`. */
async function leftOutRelations(
  { source, scope, signal }: CompareSchemasOptions,
  objects: readonly ObjectOfColumn[],
): Promise<Set<string>> {
  const migrated = JSON.stringify(scope.tables.map(({ schema, table }) => [schema, table]));
  const relations = objects.filter(({ kind }) => ['view', 'index', 'sequence'].includes(kind));
  const rows = await source.query(LEFT_OUT, [migrated, JSON.stringify(relations.map(({ schema, name }) => [schema, name]))], signal);
  return new Set(rows.map((row) => keyOf({ schema: row['schema'] ?? '', table: row['name'] ?? '' })));
}

const LEFT_OUT = `WITH RECURSIVE left_out AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (n.nspname, c.relname) NOT IN (SELECT t->>0, t->>1 FROM json_array_elements($1::json) t)
    UNION
    SELECT c.oid FROM json_array_elements($2::json) t JOIN pg_namespace n ON n.nspname = t->>0 JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t->>1
    UNION
    SELECT coalesce(r.ev_class, d.objid) FROM left_out l
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = l.oid
      AND (d.classid = 'pg_rewrite'::regclass OR d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
    LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  ) SELECT n.nspname AS schema, c.relname AS name FROM left_out l JOIN pg_class c ON c.oid = l.oid JOIN pg_namespace n ON n.oid = c.relnamespace`;

async function compareKind(
  kind: ObjectKind,
  options: CompareSchemasOptions,
  { leftOut, columns }: Left,
  comparison: SchemaComparison,
): Promise<void> {
  const { source, target, scope, signal } = options;
  const filter = nameFilter(scope);
  const renaming = renamingOf(options);
  const wanted = (await source.query(kind.sql, undefined, signal)).filter(
    (row) => !columns.isLeftOut(kind, row) && isInScope(row, filter, scope, leftOut),
  );
  const found = new Map((await target.query(kind.sql, undefined, signal)).map((row) => [JSON.stringify(placeOf(row)), row]));
  const tell = (key: string, detail: string) => {
    comparison.differenceCount += 1;
    if (comparison.differences.length < options.limit) comparison.differences.push({ key, kind: 'definition', detail });
  };
  for (const row of wanted) {
    comparison.objects += 1;
    const place = JSON.stringify(targetPlace(kind, row, options, renaming, columns));
    const other = found.get(place);
    found.delete(place);
    if (!other) tell(nameOf(kind, row), 'The target has none.');
    else if (!isSame(kind, row, other, renaming, columns)) tell(nameOf(kind, row), `${shown(row)} is at the target ${shown(other)}`);
  }
  if (!kind.tellsExtra) return;
  const tables = new Set(scope.tables.map((table) => keyOf(options.targetName(table))));
  for (const row of found.values()) {
    if (tables.has(keyOf({ schema: row['schema'] ?? '', table: row['relation'] ?? '' })))
      tell(nameOf(kind, row), `The target has ${shown(row)}, and the source has none.`);
  }
}

function isInScope(row: PgRow, filter: NameFilter, scope: SchemaScope, leftOut: ReadonlySet<string>): boolean {
  const [schema, relation] = [row['schema'] ?? '', row['relation'] ?? null];
  if (schema === '') return scope.includeSchemas.length === 0 && scope.includeTables.length === 0;
  // Views and sequences are relations themselves; a function's name has its arguments.
  if (leftOut.has(keyOf({ schema, table: relation ?? row['name'] ?? '' }))) return false;
  if (relation === null) return filter.schema(schema);
  return filter.table({ schema, table: relation }) || filter.relation({ schema, table: relation });
}

const placeOf = (row: PgRow) => [row['schema'], row['relation'], row['name']];

function targetPlace(
  { kind, isOfColumn }: ObjectKind,
  row: PgRow,
  { targetName }: CompareSchemasOptions,
  { schemas }: Renaming,
  columns: ComparedColumns,
): (string | null | undefined)[] {
  const [schema, relation, name] = [row['schema'] ?? '', row['relation'], row['name'] ?? ''];
  if (relation === null || relation === undefined)
    return [schemas.get(schema) ?? schema, null, renameSchemas({ kind: 'NAME' }, name, schemas).sql];
  const to = targetName({ schema, table: relation });
  if (kind === 'column') return [to.schema, to.table, columns.nameOf({ schema, table: relation }, name)];
  if (isOfColumn && name !== relation)
    return [to.schema, to.table, `${to.table}.${columns.nameOf({ schema, table: relation }, columnIn(relation, name))}`];
  // The names of a table and of its columns' comments begin with its own.
  return [
    to.schema,
    to.table,
    name === relation ? to.table : name.startsWith(`${relation}.`) ? `${to.table}${name.slice(relation.length)}` : name,
  ];
}

function isSame(kind: ObjectKind, source: PgRow, target: PgRow, { schemas, tables }: Renaming, columns: ComparedColumns): boolean {
  const [one, other] = [source['definition'] ?? '', target['definition'] ?? ''];
  if (!isSameSchemas(source['schemas'], target['schemas'], schemas)) return false;
  if (one === other) return true;
  const renamed = renameTables(renameSchemas({ kind: 'NAME' }, one, schemas).sql, tables);
  const wordsOf = (sql: string) => (kind.holdsQuery ? withoutQualifiers(sql, tables) : tokensOf(sql));
  const [theirs, ours] = [wordsOf(renamed), wordsOf(other)];
  if (theirs.join(' ') === ours.join(' ')) return true;
  const united = columns.united(source, theirs);
  return united !== null && united.join(' ') === columns.united(source, ours)?.join(' ');
}

function isSameSchemas(one: string | null | undefined, other: string | null | undefined, schemas: Renaming['schemas']): boolean {
  const mapped = (JSON.parse(one ?? '[]') as string[]).map((name) => schemas.get(name) ?? name);
  return JSON.stringify(mapped) === JSON.stringify(JSON.parse(other ?? '[]'));
}

/** Names as if all were quoted, also in constants that are names, and no spaces. */
function tokensOf(sql: string): string[] {
  const tokens = sqlTokens(sql).filter(({ kind }) => kind !== 'space');
  return tokens.map(({ kind, text, name }, index) => {
    if (kind === 'quoted-name' || kind === 'name') return name;
    return kind === 'text' && isRegCast(tokens, index) ? inConstant(text, (inner) => tokensOf(inner).join(' ')) : text;
  });
}

/**
 * A query without the tables before its columns, which PostgreSQL writes only where they are needed since 16, and without brackets, which it
 * writes by other rules from time to time. What it reads from stays: a table comes after its schema, and only the schema goes.
 */
function withoutQualifiers(sql: string, tables: Renaming['tables']): string[] {
  const newNames = new Map([...tables].map(([key, to]) => [tableOfKey(key).table, to.table]));
  const tokens = tokensOf(sql).filter((token) => token !== '(' && token !== ')');
  return tokens.filter((_, index) => !(tokens[index + 1] === '.' || tokens[index] === '.')).map((token) => newNames.get(token) ?? token);
}

function nameOf({ kind }: ObjectKind, row: PgRow): string {
  const parts = [row['schema'], row['relation'], row['relation'] === row['name'] ? null : row['name']];
  return `${kind} ${parts.filter((part) => part !== null && part !== undefined && part !== '').join('.')}`;
}

function shown(row: PgRow): string {
  const text = (row['definition'] ?? '').replace(/\s+/g, ' ');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text || 'nothing';
}
