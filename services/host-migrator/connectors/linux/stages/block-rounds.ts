import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import type { BlocksOptions } from '../blocks/block-volume';
import { syncBlocks } from '../blocks/sync-blocks';
import { verifyBlocks } from '../blocks/verify-blocks';
import { assertFree } from '../layout/apply-layout';
import { activateLayout, unmountLayout } from '../layout/mount-layout';
import type { DiskImage } from '../rescue/disk-image';
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

/**
 * Makes a clone of the target's image what the source is at one moment, as a cutover does. Filesystems without a snapshot are held still for it, which a
 * source that goes on bears for a short time only. Nothing of it is kept: neither how far it came nor what was counted. Raises
 * HOST_REHEARSAL_HELD_TOO_LONG.
 */
export async function rehearseBlocks(job: HostJob, settings: EngineSettings, clone: DiskImage, signal: AbortSignal): Promise<void> {
  const longestSeconds = settings.rehearsalHoldSeconds;
  try {
    await atBothVolumes(job, settings, (options) => syncBlocks(apart(job), options, { longestSeconds }, signal), signal, clone);
  } catch (error) {
    if (error instanceof SmartantError && error.code === 'HOST_HOLD_LOST') throw heldTooLong(error, longestSeconds);
    throw error;
  }
}

/** A job whose state and counts are its own, and begin with what they are. */
function apart(job: HostJob): HostJob {
  let own: Record<string, unknown> = {};
  return {
    ...job,
    count: () => undefined,
    state: {
      load: async () => ({ ...(await job.state.load()), ...own }),
      save: async (change) => void (own = { ...own, ...change }),
    },
  };
}

/** Works at source and target at once, with the target's volumes there and none of them mounted. `disk`: a clone of the image instead of it. */
async function atBothVolumes<T>(
  job: HostJob,
  settings: EngineSettings,
  work: (options: BlocksOptions) => Promise<T>,
  signal: AbortSignal,
  disk?: DiskImage,
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
        disk ? { disk } : {},
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

function heldTooLong(cause: SmartantError, seconds: number): SmartantError {
  const mount = String(cause.details['mount'] ?? '');
  return new SmartantError('HOST_REHEARSAL_HELD_TOO_LONG', `${mount} of the source could not be read within ${seconds} seconds.`, {
    kind: 'precondition',
    hint: 'There is no snapshot of it, and for a rehearsal a running system is not held still any longer. Put it on LVM with free room in its group, let the operator raise SMARTANT_REHEARSAL_HOLD_SECONDS, rehearse by the engine "files", or cut over.',
    details: { mount },
    cause,
  });
}

function needsDisks(): SmartantError {
  return new SmartantError('HOST_BLOCKS_NEED_DISKS', 'A directory of the target cannot take volumes by their blocks.', {
    kind: 'precondition',
    hint: 'Leave targetDirectory out, or use the engine "files".',
  });
}
