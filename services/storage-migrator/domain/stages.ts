import type { RunPhase } from './run';

/**
 * What a run does, in order. Each stage is a set of shards; the completion of a stage's last shard adds the next one's
 * in the same transaction, so a run needs no coordinator that could die.
 *
 * - `prepare`: both sides are really tried
 * - `plan`: the key space is bisected; what both sides can do is found out
 * - `sync`: copy what is missing or changed; count what would be deleted
 * - `delete`: a second look at the ranges that had something to delete, and the deletes
 * - `verify`: fresh listings of both sides, every object digested
 * - `finish`: clean up, add up the digests, end the run
 * - `cleanup`: in place of everything else, when the run is cancelled
 */
export type Stage = 'prepare' | 'plan' | 'sync' | 'delete' | 'verify' | 'finish' | 'cleanup';

const STAGES: Record<RunPhase, readonly Stage[]> = {
  prepare: ['prepare', 'finish'],
  full: ['plan', 'sync', 'finish'],
  incremental: ['plan', 'sync', 'delete', 'finish'],
  cutover: ['plan', 'sync', 'delete', 'verify', 'finish'],
};

/** Done in place of everything else when a run is cancelled. */
export const CLEAN_UP_STAGE: Stage = 'cleanup';

export function firstStage(phase: RunPhase): Stage {
  return STAGES[phase][0] ?? 'finish';
}

/** Whether a stage may write or delete objects of the target: what a former holder of it has sent may land late. */
export function changesObjects(stage: Stage): boolean {
  return stage === 'sync' || stage === 'delete';
}

/** Null after the last stage. */
export function stageAfter(phase: RunPhase, stage: Stage): Stage | null {
  const at = STAGES[phase].indexOf(stage);
  return at < 0 ? null : (STAGES[phase][at + 1] ?? null);
}
