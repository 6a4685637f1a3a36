import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutations';
import type { SeedsOutcome } from './run-seeds';
import type { Batch } from './seed-worker';

const BATCH = 250;

/**
 * Plays many seeds on several threads. `onProgress` hears the sum so far after each batch; with `stopAtFailure` no
 * further batch is begun after one that failed.
 */
export async function runSeedsInParallel(
  seeds: { from: number; count: number; mutations: Mutation[]; threads: number; stopAtFailure: boolean },
  onProgress: (sum: SeedsOutcome) => void,
): Promise<SeedsOutcome> {
  const sum: SeedsOutcome = { seeds: 0, steps: 0, failures: [] };
  const end = seeds.from + seeds.count;
  let next = seeds.from;
  const take = (): Batch | null => {
    if (next >= end || (seeds.stopAtFailure && sum.failures.length > 0)) return null;
    const batch = { from: next, count: Math.min(BATCH, end - next), mutations: seeds.mutations };
    next += batch.count;
    return batch;
  };
  const add = (part: SeedsOutcome): void => {
    sum.seeds += part.seeds;
    sum.steps += part.steps;
    sum.failures.push(...part.failures);
    onProgress(sum);
  };
  await Promise.all(Array.from({ length: seeds.threads }, () => runThread(take, add)));
  sum.failures.sort((a, b) => a.seed - b.seed);
  return sum;
}

async function runThread(take: () => Batch | null, add: (part: SeedsOutcome) => void): Promise<void> {
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url));
  try {
    for (let batch = take(); batch; batch = take()) {
      const answer = once(worker, 'message') as Promise<[SeedsOutcome]>;
      worker.postMessage(batch);
      const [part] = await answer;
      add(part);
    }
  } finally {
    await worker.terminate();
  }
}
