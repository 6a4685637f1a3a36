import type { HostJob } from '../../../application/ports/host-engine';
import { clearFlags } from './carry-flags';
import { CodecChoice } from './codec-choice';
import { under, type FilesOptions } from './files-options';
import { predictDelta, type Prediction } from './predict-delta';
import { removeTrees } from './remove-paths';
import { ShardSender } from './shard-sender';
import { openSync } from './sync-context';
import { syncFileSystem } from './sync-file-system';
import { beginRound, endRound } from './sync-state';

export interface SyncResult {
  /** What a round would have to carry now. */
  predicted: Prediction;
  copiedFiles: number;
  copiedBytes: number;
  /** Files that went or changed while they were read; the next round finds them. */
  restlessFiles: number;
  way: 'direct' | 'relay';
}

/**
 * A round: makes the target's filesystems what the source's are, one after the other. Killed at any moment it can be called again: what has
 * been carried is found equal and is not carried again. Raises HOST_… errors; files that cannot be read are put aside.
 */
export async function syncFiles(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<SyncResult> {
  const beganAt = performance.now();
  await clearFlags(job, options, signal);
  const times = await beginRound(job, options.source, options.target, signal);
  const context = await openSync(job, options, signal);
  try {
    const sender = new ShardSender({
      job,
      carrier: context.carrier,
      codec: new CodecChoice(job.scope.compress, context.packed),
      remove: (ends, paths, within) =>
        removeTrees({ target: options.target, confine: context.confine }, ends.targetDirectory, paths, within),
    });
    const putAside = await job.excludedFiles();
    for (const [index, fileSystem] of options.fileSystems.entries()) {
      const ends = context.ends[index];
      if (ends) await syncFileSystem({ job, options, context, times, sender, putAside }, fileSystem, ends, signal);
    }
    // A target that is switched off now must not show sizes and times of contents that it has not kept.
    for (const { mount } of options.fileSystems) await options.target.run(['sync', '-f', under(options.targetRoot, mount)], { signal });
    await endRound(job, times);
    const { files, bytes, restless } = sender.sent;
    const last = { since: times.startedAt, elapsedMs: performance.now() - beganAt, mounts: context.mounts, bytes };
    const predicted = await predictDelta(job, options, last, signal);
    return { predicted, copiedFiles: files, copiedBytes: bytes, restlessFiles: restless, way: context.carrier.kind };
  } finally {
    await context.close();
  }
}
