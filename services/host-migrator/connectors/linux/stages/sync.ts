import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import { forgetBlocks } from '../blocks/blocks-state';
import { applyLayout } from '../layout/apply-layout';
import { mountsByBlocks } from './block-volumes';
import { DATA_ENGINES } from './data-engine';
import type { EngineSettings } from './engine-settings';
import { preparedState, saveState } from './engine-state';
import { takeTargetOver } from './take-target-over';
import { inRescue, isImage } from './target-system';

/** Makes the target's disks what the layout says. What stood on them is gone. */
export async function layOut(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  const { inventory, layout } = await preparedState(job);
  if (!layout) return {};
  const byBlocks = job.scope.engine === 'blocks' ? mountsByBlocks(inventory, layout) : undefined;
  const order = { layout, confirmedDisks: job.scope.confirmedDisks, source: inventory, byBlocks };
  // It may have returned to its own system since it was taken over: a run may wait for hours.
  if (job.scope.takeOverTarget && !isImage(job.target)) await takeTargetOver(job, settings, signal);
  const { made } = await inRescue(job, settings, {}, (session) => applyLayout(session, order, signal), signal);
  if (made) {
    await saveState(job, { hostKeys: null });
    if (byBlocks) await forgetBlocks(job);
  }
  job.info(made ? 'the disks of the target have been laid out' : 'the disks of the target are laid out already', {});
  return {};
}

/** A round: what the source has become is carried to the target. */
export function sync(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  return DATA_ENGINES[job.scope.engine].sync(job, settings, signal);
}

/** Compares what arrived with the source, before anything of it is changed to make it start. */
export function verify(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult> {
  return DATA_ENGINES[job.scope.engine].verify(job, settings, signal);
}
