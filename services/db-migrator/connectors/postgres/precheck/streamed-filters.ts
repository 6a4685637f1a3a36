import { SmartantError } from '@smartant/kernel';
import { movedColumns, qualified, quoteName, type Table } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { rowFilterOf } from '../copy/row-filter';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';
import { firstOf, named } from './table-rules';

const FILTERS_FROM = 150_000;
const DENIED = '42501';

interface Filtered {
  table: Table;
  where: string;
}

/**
 * Conditions for rows that a publication has to know as well. The server judges an update by its old row, of which it has the columns of the
 * replica identity alone: once a condition over others is published, it refuses the application's own updates and deletes. An update that brings a
 * row into a condition comes as a row that is added, of which the server tells what was in the log: not the large values that the update left alone.
 * `tables`: with the columns that are migrated.
 */
export async function streamedFilterFindings(
  session: PgSession,
  tables: readonly Table[],
  rows: readonly { table: string; where: string }[],
  signal: AbortSignal,
): Promise<PairFinding[]> {
  const filtered = tables.flatMap((table) => {
    const where = table.kind === 'r' ? rowFilterOf(table, rows) : null;
    return where === null ? [] : [{ table, where }];
  });
  if (filtered.length > 0 && session.serverVersion < FILTERS_FROM) return [unsupported(filtered.map(({ table }) => table))];
  const [others, entered]: [Table[], Table[]] = [[], []];
  for (const one of filtered) {
    // Of a whole row the server has all columns, those that are left out too.
    if (one.table.replicaIdentity === 'f') continue;
    if (await needsOthersThan(one.table.identityColumns, session, one, signal)) others.push(one.table);
    else if (await needsOthersThan(fixedColumns(one.table), session, one, signal)) entered.push(one.table);
  }
  const untold = await largeColumns(session, entered, signal);
  return [...(others.length > 0 ? [beyondIdentity(others)] : []), ...(untold.length > 0 ? [largeValues(untold)] : [])];
}

/** Those that an application's update sets to no value of its choice: where a condition looks at no others, hardly a row comes in. */
function fixedColumns({ columns }: Table): string[] {
  return columns.filter(({ identity }) => identity === 'a').map(({ name }) => name);
}

interface Untold {
  table: Table;
  columns: string[];
}

/** Columns that are migrated and whose values may be stored apart from their row, beside those that an old row is named by. */
async function largeColumns(session: PgSession, tables: readonly Table[], signal: AbortSignal): Promise<Untold[]> {
  if (tables.length === 0) return [];
  const rows = await session.query(STORED_APART, [`{${tables.map(({ oid }) => oid).join(',')}}`], signal);
  return tables.flatMap((table) => {
    const apart = new Set(rows.filter(({ oid }) => oid === table.oid).map(({ name }) => name));
    const names = movedColumns(table).map(({ name }) => name);
    const columns = names.filter((name) => apart.has(name) && !table.identityColumns.includes(name));
    return columns.length > 0 ? [{ table, columns }] : [];
  });
}

/** A table whose rows are never too long for a page has no place for them. https://www.postgresql.org/docs/18/storage-toast.html */
const STORED_APART = `SELECT a.attrelid AS oid, a.attname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.oid = ANY ($1::oid[]) AND c.reltoastrelid <> 0 AND c.relpersistence = 'p' AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage <> 'p'`;

/** Asked of the server, with these columns alone under the table's name. */
async function needsOthersThan(
  names: readonly string[],
  session: PgSession,
  { table, where }: Filtered,
  signal: AbortSignal,
): Promise<boolean> {
  const of = `(SELECT ${names.map(quoteName).join(', ')} FROM ONLY ${qualified(table)}) AS ${quoteName(table.table)}`;
  try {
    // With parameters, so that the server takes one statement only.
    await session.transaction(() => session.query(`SELECT FROM ${of} WHERE (${where}\n) LIMIT 0`, [], signal), 'BEGIN READ ONLY');
    return false;
  } catch (error) {
    // Whatever it names cannot be had of these columns: another one, the table by its schema, the row as a whole. What the condition is refused for
    // by itself is told as such.
    const sqlState = error instanceof SmartantError ? error.details['sqlState'] : undefined;
    if (sqlState === undefined) throw error;
    return sqlState.startsWith('42') && sqlState !== DENIED;
  }
}

function unsupported(tables: Table[]): PairFinding {
  return {
    severity: 'blocker',
    code: 'DATABASE_ROW_FILTER_UNSUPPORTED',
    subject: 'source',
    message: `Rows of ${named(tables)} cannot be chosen while changes flow: the source is older than PostgreSQL 15.`,
    hint: 'Migrate the whole tables, or one snapshot (--snapshot-only).',
  };
}

function largeValues(untold: Untold[]): PairFinding {
  const names = untold.flatMap(({ table, columns }) => columns.map((column) => `${nameOf(table)}.${column}`));
  return {
    severity: 'warning',
    code: 'DATABASE_ROW_FILTER_UNTOLD',
    subject: 'source',
    message: `An update that brings a row of ${named(untold.map(({ table }) => table))} into the condition does not tell large values that it leaves alone (of ${firstOf(names)}): the table would be put aside while changes flow (DATABASE_VALUES_UNTOLD), and have to be copied again.`,
    hint: 'Leave it where nothing updates the columns of the condition; else let the whole row be the replica identity (more log for each update and delete).',
    fix: identityByRow(untold.map(({ table }) => table)),
  };
}

function beyondIdentity(tables: Table[]): PairFinding {
  return {
    severity: 'blocker',
    code: 'DATABASE_ROW_FILTER_IDENTITY',
    subject: 'source',
    message: `The conditions for rows of ${named(tables)} look at columns outside of the replica identity: once published, the server refuses every UPDATE and DELETE of these tables.`,
    hint: 'Write them over the primary key alone, its columns without their schema; or let the whole row be the replica identity (more log, slow to apply); or migrate one snapshot (--snapshot-only).',
    fix: identityByRow(tables),
  };
}

function identityByRow(tables: readonly Table[]): PairFinding['fix'] {
  return {
    statements: tables.map((table) => `ALTER TABLE ${qualified(table)} REPLICA IDENTITY FULL`),
    isSafe: true,
    needsRestart: false,
  };
}
