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
