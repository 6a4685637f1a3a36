import { SmartantError } from '@smartant/kernel';
import { nameAtTarget, quoteName, type Column, type Table, type TableName } from '../catalog/catalog';
import type { PgSession } from '../session/pg-session';
import { describeEntry } from './entry-statement';
import { renameSchemas, renameTables } from './rename-in-statement';
import type { Renaming } from './restore-entry';
import type { EntryRecord, SchemaRecord } from './schema-record';

/** Their tables take the rest with them. */
const DROPPED_BY_THEMSELVES = new Set([
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'FK CONSTRAINT',
  'FUNCTION',
  'PROCEDURE',
  'AGGREGATE',
  'TYPE',
  'DOMAIN',
  'OPERATOR',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'CAST',
  'COLLATION',
  'CONVERSION',
  'TEXT SEARCH DICTIONARY',
  'TEXT SEARCH CONFIGURATION',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
  'EVENT TRIGGER',
  'PUBLICATION',
  'SERVER',
]);
/** What is not there need not be dropped: undefined table, object, function, schema, column. */
const UNDEFINED = new Set(['42P01', '42704', '42883', '3F000', '42703', '42P13', '42809']);
const IN_USE = '2BP01';
const NAMED_AT_MOST = 5;

/** Which of the tables the target has already, by their names there. */
export async function existingTables(session: PgSession, names: readonly TableName[], signal: AbortSignal): Promise<TableName[]> {
  const rows = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN json_to_recordset($1::json) AS w("schema" text, "table" text) ON w."schema" = n.nspname AND w."table" = c.relname`,
    [JSON.stringify(names.map(({ schema, table }) => ({ schema, table })))],
    signal,
  );
  return rows.map((row) => ({ schema: row['schema'] ?? '', table: row['name'] ?? '' }));
}

/** For the policy `refuse`: raises SCHEMA_TABLES_EXIST when the target has one of the tables. */
export async function refuseExisting(session: PgSession, names: readonly TableName[], signal: AbortSignal): Promise<void> {
  const existing = await existingTables(session, names, signal);
  if (existing.length === 0) return;
  const some = existing.slice(0, NAMED_AT_MOST).map(({ schema, table }) => `${schema}.${table}`);
  throw new SmartantError(
    'SCHEMA_TABLES_EXIST',
    `The target has ${existing.length} of the tables already: ${some.join(', ')}${existing.length > NAMED_AT_MOST ? ' …' : ''}.`,
    {
      kind: 'precondition',
      hint: 'Choose an empty database, the target policy append (existing tables are kept and filled) or replace (they are dropped).',
    },
  );
}

/**
 * For the policy `replace`: drops, in one transaction, what the target has of the scope's objects, the last made first. Raises
 * SCHEMA_OBJECT_IN_USE when something else at the target needs one of them: nothing is dropped then.
 */
export async function dropExisting(
  session: PgSession,
  record: SchemaRecord,
  entries: readonly EntryRecord[],
  renaming: Renaming,
  signal: AbortSignal,
): Promise<void> {
  const droppable = entries.filter(({ kind, state }) => state === 'pending' && DROPPED_BY_THEMSELVES.has(kind)).reverse();
  await session.transaction(async () => {
    for await (const entry of record.withStatements(session, droppable)) {
      const { dropStatement } = await record.statements(session, entry.id);
      if (dropStatement === '') continue;
      const sql = renameTables(renameSchemas(entry, dropStatement, renaming.schemas).sql, renaming.tables);
      await dropOne(session, entry, sql, signal);
    }
    await record.setStep(session, 'cleared');
  });
}

async function dropOne(session: PgSession, entry: EntryRecord, sql: string, signal: AbortSignal): Promise<void> {
  await session.query('SAVEPOINT drop_one');
  try {
    await session.query(sql, undefined, signal);
    await session.query('RELEASE SAVEPOINT drop_one');
  } catch (error) {
    const sqlState = error instanceof SmartantError ? (error.details['sqlState'] ?? '') : '';
    if (sqlState === IN_USE) {
      throw new SmartantError(
        'SCHEMA_OBJECT_IN_USE',
        `The target's ${describeEntry(entry)} cannot be replaced, because something that is not migrated depends on it.`,
        {
          kind: 'precondition',
          hint: 'Drop what depends on it, take it into the scope, or choose another database.',
          cause: error,
        },
      );
    }
    if (!UNDEFINED.has(sqlState)) throw error;
    await session.query('ROLLBACK TO SAVEPOINT drop_one');
  }
}

/** Why a table that the target has cannot take the rows of the source's; null: it can. */
export async function keptTableProblem(session: PgSession, table: Table, name: TableName, signal: AbortSignal): Promise<string | null> {
  const rows = await session.query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated AS generated, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS is_needed FROM pg_attribute a
     WHERE a.attrelid = ($1::text || '.' || $2::text)::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
    [quoteName(name.schema), quoteName(name.table)],
    signal,
  );
  const there = new Map(rows.map((row) => [row['name'], row]));
  const problems = table.columns.flatMap((column) => columnProblem(column, there.get(nameAtTarget(column))) ?? []);
  const taken = new Set(table.columns.map(nameAtTarget));
  const unfilled = (table.leftOutColumns ?? []).filter((column) => !taken.has(column) && there.get(column)?.['is_needed'] === 't');
  problems.push(...unfilled.map((column) => `its column ${column}, which is left out, is NOT NULL and has no default`));
  return problems.length === 0 ? null : problems.slice(0, NAMED_AT_MOST).join('; ');
}

function columnProblem(column: Column, there: { [column: string]: string | null } | undefined): string | null {
  if (column.generated !== '') return null;
  const name = nameAtTarget(column);
  if (!there) return `it has no column ${name}`;
  if (there['generated'] !== '') return `its column ${name} is generated`;
  return withoutSchema(there['type'] ?? '') === withoutSchema(column.type)
    ? null
    : `its column ${name} is ${there['type']}, not ${column.type}`;
}

/** A type may lie in a schema of another name there. */
const withoutSchema = (type: string) => type.replace(/^(?:"(?:[^"]|"")*"|[\w$]+)\./, '');
