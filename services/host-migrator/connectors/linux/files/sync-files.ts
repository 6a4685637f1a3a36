import type { HostJob } from '../../../application/ports/host-engine';
import { clearFlags } from './carry-flags';
import { CodecChoice } from './codec-choice';
import { under, type FilesOptions } from './files-options';
import { predictDelta, type Prediction } from './predict-delta';
import { removeTrees } from './remove-paths';
import { StreamSize } from './shard';
import { ShardSender } from './shard-sender';
import { openSync } from './sync-context';
import { syncFileSystem } from './sync-file-system';
import { endRound } from './sync-state';

export interface SyncResult {
  /** What a round would have to carry now. */
  predicted: Prediction;
  copiedFiles: number;
  copiedBytes: number;
  /** Files that went or changed while they were read; the next round finds them. */
  restlessFiles: number;
  /** Null: nothing was carried. */
  way: 'direct' | 'relay' | null;
}

/**
 * A round: makes the target's filesystems what the source's are, one after the other. Killed at any moment it can be called again: what has
 * been carried is found equal and is not carried again. Raises HOST_… errors; files that cannot be read are put aside.
 */
export async function syncFiles(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<SyncResult> {
  const beganAt = performance.now();
  await clearFlags(job, options, signal);
  const context = await openSync(job, options, signal);
  try {
    const { times, way, mounts } = context;
    const size = new StreamSize();
    const sender = new ShardSender({
      job,
      carrier: way,
      codec: new CodecChoice(job.scope.compress, context.packed, context.streams),
      size,
      remove: async (ends, paths, within) =>
        removeTrees({ target: options.target, confine: await context.confine() }, ends.targetDirectory, paths, within),
    });
    const putAside = await job.excludedFiles();
    for (const [index, fileSystem] of options.fileSystems.entries()) {
      const ends = context.ends[index];
      if (ends) await syncFileSystem({ job, options, context, sender, size, putAside }, fileSystem, ends, signal);
    }
    const { files, bytes, restless } = sender.sent;
    const ended = flush(options, signal).then(() => endRound(job, times));
    ended.catch(() => undefined);
    // Its time is part of what a round takes, where it has anything to write.
    if (bytes > 0) await ended;
    const last = { since: times.startedAt, elapsedMs: performance.now() - beganAt, mounts, bytes };
    const [predicted] = await Promise.all([predictDelta(job, options, last, signal), ended, context.close()]);
    return { predicted, copiedFiles: files, copiedBytes: bytes, restlessFiles: restless, way: way.kind };
  } finally {
    await context.close();
  }
}

/** A target that is switched off now must not show sizes and times of contents that it has not kept. */
async function flush({ target, targetRoot, fileSystems }: FilesOptions, signal: AbortSignal): Promise<void> {
  for (const { mount } of fileSystems) await target.run(['sync', '-f', under(targetRoot, mount)], { signal });
}
