import { SmartantError } from '@smartant/kernel';
import { qualified, type Table, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';

/** The condition on a table's rows: its own, else the one of the root that it is a partition of; null: all of them. */
export function rowFilterOf(
  table: Pick<Table, 'schema' | 'table' | 'root'>,
  rows: readonly { table: string; where: string }[],
): string | null {
  const of = (name: TableName) => rows.find((row) => row.table === nameOf(name))?.where;
  return of(table) ?? (table.root ? of(table.root) : undefined) ?? null;
}

/**
 * Raises DATABASE_ROW_FILTER_INVALID when `where` is not one condition over the table's columns. The server parses it as part of a single
 * prepared statement, so that nothing can be hidden behind it; it is not run.
 */
export async function checkRowFilter(session: PgSession, table: TableName, where: string, signal: AbortSignal): Promise<void> {
  try {
    await session.query(`SELECT FROM ONLY ${qualified(table)} WHERE $1::text IS NOT NULL AND (\n${where}\n) LIMIT 0`, [null], signal);
  } catch (error) {
    if (!(error instanceof SmartantError) || !error.details['sqlState']?.startsWith('42')) throw error;
    throw new SmartantError('DATABASE_ROW_FILTER_INVALID', `The row filter of ${nameOf(table)} is refused: ${error.message}`, {
      kind: 'invalid',
      hint: 'Give one condition as it stands behind WHERE, over columns of this table.',
      cause: error,
    });
  }
}
