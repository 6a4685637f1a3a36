import { SmartantError } from '@smartant/kernel';
import { importSnapshotSql, snapshotRefused } from '../session/import-snapshot';
import type { PgSession } from '../session/pg-session';
import type { CopyOptions } from './copy-options';

/** What every session of one holder is called; those of older ones are ended by it. */
export function applicationNameOf({ migrationId, epoch }: { migrationId: string; epoch: number | '' }): string {
  return `smartant copy ${migrationId} ${epoch}`;
}

/** Where a source's session returns to between parts: that gives back its locks, and not its snapshot. */
export const PART_SAVEPOINT = 'part';

const LOCK_TIMEOUT = '60s';

/**
 * Rows in the order of the file, by one process, and never from an index alone, which may lack some; a table whose rows the role may not all see is refused,
 * not cut.
 */
const SOURCE_SETTINGS = {
  row_security: 'off',
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
  enable_indexonlyscan: 'off',
  jit: 'off',
  lock_timeout: LOCK_TIMEOUT,
};

/** A session that sees the source as of the snapshot. Raises DATABASE_SNAPSHOT_LOST. */
export async function openUnderSnapshot(
  { source, snapshot, signal }: Pick<CopyOptions, 'source' | 'snapshot' | 'signal'>,
  applicationName: string,
): Promise<PgSession> {
  const session = await source.open({ applicationName, settings: SOURCE_SETTINGS, signal });
  try {
    await withoutTransactionTimeout(session);
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', undefined, signal);
    await session.query(importSnapshotSql(snapshot.name), undefined, signal).catch(snapshotRefused);
    await session.query(`SAVEPOINT ${PART_SAVEPOINT}`, undefined, signal);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/** A session whose commits a crash of the target may undo until a durable point, and in which triggers do not fire where it may say so. */
export async function openForWriting(
  { target, signal }: Pick<CopyOptions, 'target' | 'signal'>,
  applicationName: string,
): Promise<PgSession> {
  const session = await target.open({ applicationName, settings: { synchronous_commit: 'off' }, signal });
  try {
    await withoutTransactionTimeout(session);
    await session.query('SET session_replication_role = replica', undefined, signal).catch(withoutRight);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

async function withoutTransactionTimeout(session: PgSession): Promise<void> {
  if (session.serverVersion >= 170000) await session.query('SET transaction_timeout = 0');
}

/** Without the right to switch triggers off they fire; tables that the migration made have none yet. */
function withoutRight(error: unknown): void {
  if (!(error instanceof SmartantError) || error.code !== 'DATABASE_ACCESS_DENIED') throw error;
}
