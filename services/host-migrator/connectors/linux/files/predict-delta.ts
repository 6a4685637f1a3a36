import type { HostJob } from '../../../application/ports/host-engine';
import { exclusionsFor } from './exclusions';
import { under, type FilesOptions } from './files-options';
import { splitRecords } from './split-records';
import { walkCommand } from './walk-command';
import { parseRecord } from './walk-record';

export interface Prediction {
  files: number;
  bytes: number;
  seconds: number;
}

/** What the round that has just ended took. */
export interface LastRound {
  /** When its walk began, in seconds of the source's clock. */
  since: number;
  elapsedMs: number;
  /** Where anything is mounted at the source. */
  mounts: ReadonlySet<string>;
  /** Carried. */
  bytes: number;
}

/**
 * What the source has changed since the last walk began, by asking it: what a round would carry now. Its time is that of the walks, and of the
 * bytes at the speed that was seen.
 */
export async function predictDelta(job: HostJob, options: FilesOptions, last: LastRound, signal: AbortSignal): Promise<Prediction> {
  const beganAt = performance.now();
  const found = { files: 0, bytes: 0 };
  for (const { mount } of options.fileSystems) {
    const { prune, excludes } = exclusionsFor(job, options, mount, last.mounts);
    const directory = under(options.sourceRoot, mount);
    const command = walkCommand({ directory, from: '.', prune, sortIn: null, changedSince: last.since });
    const finding = await options.source.stream(command, { signal });
    finding.stdin.end();
    for await (const batch of splitRecords(finding.stdout)) {
      for (const { path, type, size } of batch.map(parseRecord)) {
        if (type === 'd' || excludes(path)) continue;
        found.files += 1;
        found.bytes += size;
      }
    }
    await finding.done;
  }
  const walkSeconds = (performance.now() - beganAt) / 1_000;
  const bytesPerSecond = Math.max(last.bytes / Math.max(last.elapsedMs / 1_000, 0.001), 1);
  const carrySeconds = last.bytes === 0 ? 0 : found.bytes / bytesPerSecond;
  return { ...found, seconds: Math.ceil(walkSeconds + carrySeconds) };
}
