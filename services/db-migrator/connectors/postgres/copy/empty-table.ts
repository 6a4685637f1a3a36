import { SmartantError } from '@smartant/kernel';
import { qualified, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';

/** What is done about rows that are in a table before it is copied: `check` refuses them, `empty` takes them away, `keep` adds to them. */
export type Emptying = 'check' | 'empty' | 'keep';

/** Below this, a new file for the table costs more than frozen rows bring. */
const FREEZE_BYTES = 8 * 1024 * 1024;

/**
 * Within the session's transaction; true when the table was truncated in it, so that COPY may freeze its rows. Raises
 * DATABASE_TARGET_NOT_EMPTY.
 */
export async function emptyTable(
  session: PgSession,
  target: TableName,
  emptying: Emptying,
  bytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (emptying === 'keep') return false;
  const [row] = await session.query(`SELECT EXISTS (SELECT FROM ONLY ${qualified(target)}) AS found`, undefined, signal);
  const hasRows = row?.['found'] === 't';
  if (hasRows && emptying === 'check') {
    throw new SmartantError('DATABASE_TARGET_NOT_EMPTY', `The table ${nameOf(target)} of the target has rows.`, {
      kind: 'precondition',
      hint: 'Empty it, or choose the policy append or replace for the target.',
    });
  }
  return hasRows || bytes >= FREEZE_BYTES ? truncate(session, target, hasRows, signal) : false;
}

/** A table that others refer to, or that may not be truncated, is emptied row by row. */
async function truncate(session: PgSession, target: TableName, hasRows: boolean, signal: AbortSignal): Promise<boolean> {
  await session.query('SAVEPOINT emptying', undefined, signal);
  try {
    await session.query(`TRUNCATE ONLY ${qualified(target)}; RELEASE SAVEPOINT emptying`, undefined, signal);
    return true;
  } catch (error) {
    const sqlState = error instanceof SmartantError ? error.details['sqlState'] : undefined;
    if (sqlState !== '0A000' && sqlState !== '42501') throw error;
    await session.query('ROLLBACK TO SAVEPOINT emptying', undefined, signal);
    if (hasRows) await session.query(`DELETE FROM ONLY ${qualified(target)}`, undefined, signal);
    return false;
  }
}
