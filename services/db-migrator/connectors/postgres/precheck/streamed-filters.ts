import { SmartantError } from '@smartant/kernel';
import { qualified, quoteName, type Table } from '../catalog/catalog';
import { rowFilterOf } from '../copy/row-filter';
import type { PgSession } from '../session/pg-session';
import type { PairFinding } from './pair-finding';
import { named } from './table-rules';

const FILTERS_FROM = 150_000;

/**
 * Conditions for rows that a publication has to know as well. The server judges an update by its old row, of which it has the columns of the
 * replica identity alone: once a condition over others is published, it refuses the application's own updates and deletes.
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
  const others: Table[] = [];
  for (const { table, where } of filtered) if (await needsOtherColumns(session, table, where, signal)) others.push(table);
  return others.length > 0 ? [beyondIdentity(others)] : [];
}

/** Asked of the server, with the columns of the identity alone under the table's name. */
async function needsOtherColumns(session: PgSession, table: Table, where: string, signal: AbortSignal): Promise<boolean> {
  const columns = table.identityColumns.map(quoteName).join(', ');
  const of = `(SELECT ${columns} FROM ONLY ${qualified(table)}) AS ${quoteName(table.table)}`;
  try {
    // With parameters, so that the server takes one statement only.
    await session.transaction(() => session.query(`SELECT FROM ${of} WHERE (${where}\n) LIMIT 0`, [], signal), 'BEGIN READ ONLY');
    return false;
  } catch (error) {
    // A condition that is refused for another reason is told as such.
    if (error instanceof SmartantError && error.details['sqlState']) return error.details['sqlState'] === '42703';
    throw error;
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

function beyondIdentity(tables: Table[]): PairFinding {
  const statements = tables.map((table) => `ALTER TABLE ${qualified(table)} REPLICA IDENTITY FULL`);
  return {
    severity: 'blocker',
    code: 'DATABASE_ROW_FILTER_IDENTITY',
    subject: 'source',
    message: `The conditions for rows of ${named(tables)} look at columns outside of the replica identity: once published, the server refuses every UPDATE and DELETE of these tables.`,
    hint: 'Write them over the primary key alone; or let the whole row be the replica identity (more log, slow to apply); or migrate one snapshot (--snapshot-only).',
    fix: { statements, isSafe: true, needsRestart: false },
  };
}
