import type { PgEndpoint, PgSession } from '../session/pg-session';
import { endEarlierAppliers, openApplySession } from './open-apply-session';
import { assertNewest, claimPosition, type ClaimedPosition, type PositionOwner } from './stream-position';

/**
 * Claims the position for an apply session once nobody else can move it: those who applied changes before are ended, and a commit of theirs that
 * was on its way has come, or never will. `leftOut` and what is raised: as with `claimPosition`; DATABASE_BUSY when one of them does not end.
 */
export async function takeOverPosition(session: PgSession, owner: PositionOwner, leftOut: Iterable<string>): Promise<ClaimedPosition> {
  await assertNewest(session, owner);
  await endEarlierAppliers(session, owner.migrationId);
  return claimPosition(session, owner, leftOut);
}

/** Takes the position over on a session of its own: from then on it stays, and nothing is applied, until the holder streams again. */
export async function holdPosition(
  target: PgEndpoint,
  owner: PositionOwner,
  leftOut: Iterable<string>,
  signal: AbortSignal,
): Promise<ClaimedPosition> {
  const { session } = await openApplySession(target, owner.migrationId, signal);
  try {
    return await takeOverPosition(session, owner, leftOut);
  } finally {
    session.destroy();
  }
}
