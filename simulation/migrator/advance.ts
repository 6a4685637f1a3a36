import type { MigratorParts } from './held-shard';
import type { Range } from './counters';
import { STAGES } from './run-table';

/** Adds the next stage's shards, in the transaction of the stage's last completion. */
export function advance(parts: MigratorParts, runId: string, finished: string): void {
  const { model, runs, database, world } = parts;
  const run = runs.get(runId);
  const stages = STAGES[run?.phase ?? 'prepare'] ?? [];
  for (let at = stages.indexOf(finished) + 1; at < stages.length; at += 1) {
    const stage = stages[at] as string;
    const ranges = rangesOf(parts, runId, stage);
    if (stage === 'delete' && ranges.length === 0) continue;
    const shards = ranges.map((range, ordinal) => ({ kind: stage, ordinal, range }));
    // What looks at the target, or judges by it, waits until nothing can change it any more.
    const [first] = model.addShards(runId, shards, database.nowMs, stage === 'verify' || stage === 'delete');
    const notBeforeMs = model.shards.get(first ?? '')?.notBeforeMs ?? 0;
    if (stage === 'verify') runs.verifying(runId, world.nowMs + notBeforeMs - database.nowMs);
    return;
  }
}

function rangesOf(parts: MigratorParts, runId: string, stage: string): (Range | null)[] {
  if (stage === 'finish') return [null];
  if (stage === 'sync') return cut(parts, runId);
  const synced = parts.model.finishedOf(runId, 'sync');
  const wanted = stage === 'delete' ? synced.filter((shard) => (shard.ledger.candidates ?? 0) > 0) : synced;
  return wanted.map((shard) => shard.range as Range);
}

/** The plan: the keys in ranges of about the same length. */
function cut(parts: MigratorParts, runId: string): Range[] {
  const keys = parts.objects.get(parts.runs.get(runId)?.migrationId ?? '')?.source.length ?? 0;
  const count = Math.min(keys, parts.shardsPerRun);
  return Array.from({ length: count }, (_, at) => [Math.floor((at * keys) / count), Math.floor(((at + 1) * keys) / count)]);
}
