import { SmartantError } from '@smartant/kernel';
import { endOwnSessions } from '../session/end-own-sessions';
import type { PgEndpoint, PgSession } from '../session/pg-session';

/**
 * Keys are looked up one by one: without statistics the planner may read a whole table for a batch of keys. A commit is on the disk when it is
 * told, or the source would be allowed to throw away what a crash of the target undoes.
 */
const SETTINGS: Record<string, string> = {
  synchronous_commit: 'on',
  row_security: 'off',
  xmloption: 'content',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
};

/** The session that changes are applied on. Others of the migration at this target are ended: their holder is not the holder any more. */
export async function openApplySession(
  target: PgEndpoint,
  migrationId: string,
  signal: AbortSignal,
): Promise<{ session: PgSession; keepOrder: boolean }> {
  const session = await target.open({ applicationName: applyName(migrationId), pipeline: true, settings: SETTINGS, signal });
  try {
    return { session, keepOrder: !(await actsAsReplica(session)) };
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/**
 * One more for the same stream, once earlier holders' are ended. Its commits need not wait for the disk: the one with the position comes after
 * them in the log, and does.
 */
export async function openFurtherApplySession(target: PgEndpoint, migrationId: string, signal: AbortSignal): Promise<PgSession> {
  const { session } = await openApplySession(target, migrationId, signal);
  await session.query('SET synchronous_commit = off');
  return session;
}

/**
 * Ends the sessions of earlier holders, one of which may keep the position locked although its process is gone. A newer one that began a moment
 * ago would be hit as well: it connects again.
 */
export function endEarlierAppliers(session: PgSession, migrationId: string): Promise<void> {
  return endOwnSessions(session, applyName(migrationId));
}

/** As the sessions are called that changes are applied on. */
function applyName(migrationId: string): string {
  return `smartant apply ${migrationId}`;
}

/** Triggers, rules and foreign keys of the target leave us alone then. Needs a right that not every server gives. */
async function actsAsReplica(session: PgSession): Promise<boolean> {
  try {
    await session.query('SET session_replication_role = replica');
    return true;
  } catch (error) {
    if (error instanceof SmartantError && error.code === 'DATABASE_ACCESS_DENIED') return false;
    throw error;
  }
}
