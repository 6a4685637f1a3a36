import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import type { BlocksOptions } from '../blocks/block-volume';
import { syncBlocks } from '../blocks/sync-blocks';
import { verifyBlocks } from '../blocks/verify-blocks';
import { assertFree } from '../layout/apply-layout';
import { activateLayout, unmountLayout } from '../layout/mount-layout';
import type { DataEngine } from './data-engine';
import type { EngineSettings } from './engine-settings';
import { preparedState, saveState } from './engine-state';
import { blockVolumes } from './block-volumes';
import { atSource } from './source-host';
import { inRescue, isImage } from './target-system';

/**
 * By blocks: the target's volumes are compared and written beside their filesystems. What a conversion has changed in them, and what it kept
 * beside, is overwritten as whatever differs is.
 */
export const blockRounds: DataEngine = {
  async sync(job, settings, signal) {
    return atBothVolumes(
      job,
      settings,
      async (options) => {
        if (!isImage(job.target)) await saveState(job, { hostKeys: null, restarted: false, converting: false });
        const { predicted, usedChunks, usedBytes, way, ...round } = await syncBlocks(job, options, job.phase === 'cutover', signal);
        job.info('a round has ended', {
          ...round,
          way: way ?? 'none',
          predictedBytes: predicted.bytes,
          predictedSeconds: predicted.seconds,
        });
        return { prediction: predicted, estimate: { files: usedChunks, bytes: usedBytes } };
      },
      signal,
    );
  },

  async verify(job, settings, signal) {
    return atBothVolumes(job, settings, async (options) => ({ verification: await verifyBlocks(job, options, signal) }), signal);
  },
};

/** Works at source and target at once, with the target's volumes there and none of them mounted. */
async function atBothVolumes<T>(
  job: HostJob,
  settings: EngineSettings,
  work: (options: BlocksOptions) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { inventory, layout } = await preparedState(job);
  if (!layout) throw needsDisks();
  return atSource(
    job,
    settings,
    (source) =>
      inRescue(
        job,
        settings,
        {},
        async (target) => {
          // Of a conversion that was killed.
          await unmountLayout(target, layout, signal);
          const devices = await activateLayout(target, layout, signal);
          for (const device of devices.values()) await assertFree(target, device, signal);
          const result = await work({ source, target, volumes: blockVolumes(inventory, layout, devices) });
          await unmountLayout(target, layout, signal);
          return result;
        },
        signal,
      ),
    signal,
  );
}

function needsDisks(): SmartantError {
  return new SmartantError('HOST_BLOCKS_NEED_DISKS', 'A directory of the target cannot take volumes by their blocks.', {
    kind: 'precondition',
    hint: 'Leave targetDirectory out, or use the engine "files".',
  });
}
