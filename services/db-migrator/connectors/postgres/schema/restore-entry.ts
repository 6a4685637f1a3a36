import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, quoteText, type TableName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { withOldColumns, type ColumnRenames } from './change-columns';
import { ownerStatement } from './entry-statement';
import { tablespaceStatement, type Tablespaces } from './entry-tablespace';
import { pastDeadlocks } from './past-deadlocks';
import { renameSchemas, renameTables, tablesNamed } from './rename-in-statement';
import { keyOf, tableOfKey } from './schema-scope';
import type { EntryRecord, EntryState, SchemaRecord } from './schema-record';

export interface Renaming {
  /** Schemas with another name at the target, by their name at the source. */
  schemas: ReadonlyMap<string, string>;
  /** Tables with another name at the target, by `keyOf` of the name with its schema renamed already. */
  tables: ReadonlyMap<string, TableName>;
  /** Those of them that have their new names before the others get theirs. */
  tablesThere: ReadonlyMap<string, TableName>;
  tablespaces: Tablespaces;
  columns: ColumnRenames;
  /** Tables, by `keyOf` of their names at the source, whose columns have their new names before the others get theirs: they were there. */
  settled: Set<string>;
}

export interface RestoreOptions {
  renaming: Renaming;
  /** Give objects to their owners. */
  owners: boolean;
  /** What the target has already is kept. */
  keepsExisting: boolean;
  /** Changes the statement before names are. */
  rewrite?: (statement: string) => string;
  /** It is recorded as still to be validated. */
  isUnchecked?: boolean;
  /** Why something that its statement needs could not be made: that is the reason where it is refused. */
  because?: SmartantError;
  /** Kept with the record that it was made. */
  note?: string;
}

/** SQLSTATEs of what is there already: table and other relation, function, schema, other object. */
const DUPLICATE = new Set(['42P07', '42710', '42723', '42P06', '42701', '42P16']);
/** They may be there in any case: made by the server, or by another schema's copy. */
const ALWAYS_KEPT = new Set(['SCHEMA', 'EXTENSION', 'PROCEDURAL LANGUAGE']);
const SUPERSEDED = '22012';
/** Their statements hold queries, in which columns are named by their table: it gets its old name back for their time. */
const NEEDS_OLD_NAMES = new Set(['POLICY', 'RULE']);

export interface Restored {
  state: Extract<EntryState, 'done' | 'kept' | 'refused'>;
  /** Why it was refused. */
  note: string;
  sqlState: string;
}

/**
 * Runs the statement of one entry, with the record that it was run in the same transaction: however often it is called, the object is made
 * once. What the target refuses for good is recorded and returned; what may pass (a lost connection, a lock, a full disk) is raised.
 */
export async function restoreEntry(
  session: PgSession,
  record: SchemaRecord,
  entry: EntryRecord,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<Restored> {
  const { statement, dropStatement } = await record.statements(session, entry.id);
  const renamed = statementFor(entry, options.rewrite?.(statement) ?? statement, options.renaming);
  const sql = withOldColumns(renamed.sql, statement, columnsThen(entry, options.renaming));
  if (renamed.ambiguous !== null) return refuse(session, record, entry, `its names cannot be told apart: ${renamed.ambiguous}`, '');
  const place = `${tablespaceStatement(entry, options.renaming.tablespaces)}${accessMethod(entry)}`;
  const owner = options.owners ? renameSchemas(entry, ownerStatement({ ...entry, dropStatement }), options.renaming.schemas).sql : '';
  try {
    const statements = `${record.marking(entry.id, made(options), { state: 'pending' })};\n${place}${sql}\n;${owner}`;
    await pastDeadlocks(() => session.query(statements, undefined, signal));
    return { state: 'done', note: '', sqlState: '' };
  } catch (error) {
    return afterFailure(session, record, entry, options, error);
  }
}

/** Which tables have the new names of their columns when the entry is made. */
function columnsThen({ section }: EntryRecord, { columns, settled }: Renaming): ColumnRenames {
  return section === 'post' ? columns : new Map([...columns].filter(([key]) => settled.has(key)));
}

function made({ note, isUnchecked }: RestoreOptions): Parameters<SchemaRecord['marking']>[1] {
  return { state: 'done', note, ...(isUnchecked ? { isChecked: false } : {}) };
}

async function afterFailure(
  session: PgSession,
  record: SchemaRecord,
  entry: EntryRecord,
  { keepsExisting, renaming, because }: RestoreOptions,
  error: unknown,
): Promise<Restored> {
  if (!(error instanceof SmartantError) || error.kind === 'cancelled' || error.retryable) throw error;
  const sqlState = error.details['sqlState'] ?? '';
  const now = await record.look(session, entry.id);
  if (sqlState === SUPERSEDED && now.state !== 'pending') return { state: now.state === 'kept' ? 'kept' : 'done', note: '', sqlState: '' };
  // One that stays in the way of a table that is renamed afterwards is somebody else's, and must not be taken for it.
  const isInTheWay = tablesOf(entry, renaming);
  if (DUPLICATE.has(sqlState) && !isInTheWay && (keepsExisting || ALWAYS_KEPT.has(entry.kind))) {
    await record.note(session, entry.id, 'kept', 'the target had one');
    return { state: 'kept', note: '', sqlState };
  }
  const reason = because ?? error;
  return refuse(session, record, entry, reasonOf(reason), reason.details['sqlState'] ?? '');
}

/** With what the server says beside it: which key is there twice, or points to nothing. */
function reasonOf({ message, cause }: SmartantError): string {
  const { detail } = (cause ?? {}) as { detail?: unknown };
  return typeof detail === 'string' ? `${message} (${detail})` : message;
}

function tablesOf(entry: EntryRecord, { schemas, tables }: Renaming): boolean {
  return entry.kind === 'TABLE' && tables.has(keyOf({ schema: schemas.get(entry.schema) ?? entry.schema, table: entry.tag }));
}

async function refuse(session: PgSession, record: SchemaRecord, entry: EntryRecord, note: string, sqlState: string): Promise<Restored> {
  await record.note(session, entry.id, 'refused', note);
  return { state: 'refused', note, sqlState };
}

/**
 * Before the copy, tables have their old names, and get their new ones at once after the last object was made; see `renameRestoredTables`. Those that
 * were there get theirs back for the time of a statement that names them: a view, an heir, a function that returns its rows.
 */
function statementFor(
  entry: EntryRecord,
  statement: string,
  { schemas, tables, tablesThere }: Renaming,
): { sql: string; ambiguous: string | null } {
  const made = renameSchemas(entry, statement, schemas);
  const renamed =
    entry.kind === 'SCHEMA' ? { ...made, sql: made.sql.replace(/^CREATE SCHEMA (?!IF NOT)/, 'CREATE SCHEMA IF NOT EXISTS ') } : made;
  if (entry.section === 'pre') return tablesThere.size === 0 ? renamed : { ...renamed, sql: withOldNames(renamed.sql, tablesThere) };
  if (tables.size === 0) return renamed;
  if (!NEEDS_OLD_NAMES.has(entry.kind)) return { ...renamed, sql: renameTables(renamed.sql, tables) };
  return { ...renamed, sql: withOldNames(renamed.sql, tables) };
}

/** By way of a third name each, because the old name of one may be the new name of another, which then has to make room as well. */
function withOldNames(sql: string, tables: ReadonlyMap<string, TableName>): string {
  const named = tablesNamed(sql, tables);
  for (const { from } of named) {
    const inTheWay = [...tables].find(([, to]) => keyOf(to) === keyOf(from));
    const other = inTheWay && tableOfKey(inTheWay[0]);
    if (other && !named.some((each) => keyOf(each.from) === keyOf(other))) named.push({ from: other, to: inTheWay[1] });
  }
  const between = (index: number) => `smartant_rename_${index}`;
  const each = (statement: (one: { from: TableName; to: TableName }, index: number) => string) => named.map(statement);
  return [
    ...each(({ to }, index) => renameStatement(to, between(index))),
    ...each(({ from }, index) => renameStatement({ schema: from.schema, table: between(index) }, from.table)),
    sql,
    ...each(({ from }, index) => renameStatement(from, between(index))),
    ...each(({ to }, index) => renameStatement({ schema: to.schema, table: between(index) }, to.table)),
  ].join('\n');
}

export function renameStatement(table: TableName, to: string): string {
  return `ALTER TABLE ${qualified(table)} RENAME TO ${quoteName(to)};`;
}

function accessMethod({ kind, accessMethod: method }: EntryRecord): string {
  const applies = method !== '' && method !== 'heap' && (kind === 'TABLE' || kind === 'MATERIALIZED VIEW');
  return applies ? `SELECT pg_catalog.set_config('default_table_access_method', ${quoteText(method)}, true);\n` : '';
}
