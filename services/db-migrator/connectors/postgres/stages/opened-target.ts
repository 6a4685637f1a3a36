import { SmartantError } from '@smartant/kernel';
import { OPENING } from '../../../domain/stages';
import { claimOpening } from '../cutover/open-target';
import { applicationName, withSession, type OpenJob } from './open-job';

/**
 * When the target was opened; null: it is closed, and no older holder can open it any more. Where the target does not answer, the state tells: it is
 * written before anybody opens it, fenced by the lease. Raises what the target raises where the state leaves it open.
 */
export async function openedOrClosed({ job, target, state }: OpenJob, signal: AbortSignal): Promise<string | null> {
  try {
    return await withSession(target, applicationName(job, 'opening'), signal, (session) =>
      claimOpening(session, job.migrationId, job.epoch, signal),
    );
  } catch (error) {
    if (signal.aborted || (await state.load())[OPENING] === true) throw error;
    job.warn('the target does not answer; it was never opened', {}, error);
    return null;
  }
}

/** Whether the target is in use: nothing of the source may be brought there any more. */
export async function isTargetOpen(open: OpenJob, signal: AbortSignal): Promise<boolean> {
  return (await open.state.load())[OPENING] === true && (await openedOrClosed(open, signal)) !== null;
}

/**
 * Where changes are streamed again after a cutover that failed: nobody opens the target any more. Raises DATABASE_TARGET_OPEN where that one had
 * opened it.
 */
export async function claimClosedTarget(open: OpenJob, signal: AbortSignal): Promise<void> {
  const { frozenAt, [OPENING]: opening } = await open.state.load();
  if ((!frozenAt && !opening) || (await openedOrClosed(open, signal)) === null) return;
  throw new SmartantError('DATABASE_TARGET_OPEN', 'The cutover that failed had opened the target: applications may write there.', {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Changes of the source are not brought there any more. See which side is in use, cancel the migration, and carry over by hand what the other one has beside it.',
  });
}
