import { Violation } from '../engine/world';
import { hasRunEnded, type RunRow } from '../migrator/run-table';
import { isAtRest } from '../scheduler/domain';
import type { Simulation } from '../simulation';

/**
 * A run that still waits for somebody. One that was paused when the scheduler lost the commits that created its migration
 * has nobody left to ask for it: it does nothing, and stays.
 */
function isLeftOver({ table }: Simulation, run: RunRow): boolean {
  return !hasRunEnded(run.status) && !(run.status === 'paused' && table.lost.has(run.migrationId));
}

/** True when all has come to its end: migrations at rest, runs ended, events published and consumed. */
export function hasConverged(simulation: Simulation): boolean {
  const { table, runs, model, topic } = simulation;
  if (!table.allAtRest || table.outbox.size > 0) return false;
  for (const shard of model.shards.values()) if (!table.lost.has(shard.migrationId)) return false;
  for (const run of runs.runs.values()) if (isLeftOver(simulation, run)) return false;
  for (const event of table.history.values()) if (!topic.hasSeen(event.id)) return false;
  return true;
}

/** What has not come to its end, though everything was done for it. Raises a violation. */
export function checkEnding(simulation: Simulation): void {
  const { table, runs, model, topic, objects } = simulation;
  for (const { migration } of table.rows.values()) {
    const { id, phase, status, order } = migration;
    if (!isAtRest(migration)) throw new Violation('no-end', `${id} still stands in ${phase}/${status} with order ${order}`);
    const pair = objects.get(id);
    if (status === 'succeeded' && pair && !pair.isEqual && migration.verification?.sourceFrozen)
      throw new Violation('succeeded-while-different', `${id} succeeded, and its target differs from its frozen source`);
  }
  for (const run of runs.runs.values())
    if (isLeftOver(simulation, run))
      throw new Violation('orphan-run', `${run.runId} of ${run.migrationId} is ${run.status}, and nobody asks for it`);
  for (const shard of model.shards.values())
    if (!table.lost.has(shard.migrationId)) throw new Violation('orphan-shard', `${shard.shardId} of ${shard.runId} is ${shard.state}`);
  for (const { id, migrationId, change } of table.history.values())
    if (!topic.hasSeen(id))
      throw new Violation('event-lost', `"${change.change}" of ${migrationId}, version ${change.version}, was never heard`);
}
