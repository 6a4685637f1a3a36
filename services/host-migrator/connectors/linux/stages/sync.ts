import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import { clearFlags } from '../files/carry-flags';
import { syncFiles } from '../files/sync-files';
import { verifyFiles } from '../files/verify-files';
import { applyLayout } from '../layout/apply-layout';
import { unconvert } from '../boot/convert';
import { atBothEnds } from './both-ends';
import type { EngineSettings } from './engine-settings';
import { preparedState, saveState } from './engine-state';
import { takeTargetOver } from './take-target-over';
import { inRescue, isImage } from './target-system';

/** Makes the target's disks what the layout says. What stood on them is gone. */
export async function layOut(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { inventory, layout } = await preparedState(job);
  if (!layout) return {};
  const order = { layout, confirmedDisks: job.scope.confirmedDisks, source: inventory };
  // It may have returned to its own system since it was taken over: a run may wait for hours.
  if (job.scope.takeOverTarget && !isImage(job.target)) await takeTargetOver(job, settings, signal);
  const { made } = await inRescue(job, settings, {}, (session) => applyLayout(session, order, signal), signal);
  if (made) await saveState(job, { hostKeys: null });
  job.info(made ? 'the disks of the target have been laid out' : 'the disks of the target are laid out already', {});
  return {};
}

/** A round: what the source has become is carried to the target. */
export async function sync(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { inventory, layout } = await preparedState(job);
  // An image is never changed itself: its clone is.
  const ownDisks = layout !== undefined && !isImage(job.target);
  return atBothEnds(
    job,
    settings,
    { inventory, layout },
    async (options) => {
      // Also after a conversion that failed half-way: what it kept would be put back over what comes now by the next one.
      if (ownDisks) {
        await clearFlags(job, options, signal);
        await unconvert(options.target, options.targetRoot, signal);
        await saveState(job, { hostKeys: null, restarted: false });
      }
      const { predicted, way, restlessFiles } = await syncFiles(job, options, signal);
      job.info('a round has ended', { way, restlessFiles, predictedBytes: predicted.bytes, predictedSeconds: predicted.seconds });
      return { prediction: predicted };
    },
    signal,
  );
}

/** Compares what arrived with the source, before anything of it is changed to make it start. */
export async function verify(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { inventory, layout } = await preparedState(job);
  return atBothEnds(
    job,
    settings,
    { inventory, layout },
    async (options) => ({ verification: await verifyFiles(job, { ...options, level: job.scope.verify }, signal) }),
    signal,
  );
}
