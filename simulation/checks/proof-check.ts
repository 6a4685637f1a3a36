import { Violation } from '../engine/world';
import { isAtRest, nextEffect, stateRule, waitingFor, type DrivenMigration } from '../scheduler/domain';
import type { MigrationRow, MigrationTable } from '../scheduler/migration-table';
import type { Simulation } from '../simulation';
import type { ObjectPair } from '../store/object-store';

/** Once a migration is said to be proved, nothing of ours may change its target any more. */
export function watchTarget(pair: ObjectPair, migrationId: string, table: MigrationTable): void {
  pair.onChange = (key, value, sentBy) => {
    const phase = table.rows.get(migrationId)?.migration.phase;
    if (phase === 'reversible' || phase === 'done')
      throw new Violation('write-after-proof', `a write of ${sentBy} to ${migrationId}[${key}] := ${value} landed in phase ${phase}`);
  };
}

/** Holds each committed state of a migration to what is true. Raises a violation. */
export function checkRow(row: MigrationRow, simulation: Simulation): void {
  const { migration } = row;
  const key = `${migration.id} ${row.revision}`;
  if (simulation.checked.has(key)) return;
  simulation.checked.add(key);
  if (!stateRule(migration)) throw new Violation('unknown-state', `${migration.id} is in ${stateOf(migration)}`);
  const isSilent = row.dueAtMs === null && !isAtRest(migration) && waitingFor(migration) === null;
  if (isSilent) throw new Violation('silent-wait', `${migration.id} waits in ${stateOf(migration)} and nobody says for what`);
  if (row.dueAtMs === null && nextEffect(migration, Number.MAX_SAFE_INTEGER) !== 'nothing')
    throw new Violation('effect-forgotten', `${migration.id} has an effect due in ${stateOf(migration)} that nobody looks for`);
  if (migration.phase === 'reversible' && migration.status === 'pending') checkProof(migration, simulation);
}

/** The moment at which it is said: what the target holds is what the source holds, or held while it was verified. */
function checkProof(migration: DrivenMigration, { objects, runs, scenario, world }: Simulation): void {
  const pair = objects.get(migration.id);
  const run = runs.get(migration.runId ?? '');
  if (!pair) return;
  const isFrozen = world.nowMs >= scenario.frozenAtMs && (run === null || run.verifiedFromMs >= scenario.frozenAtMs);
  const sinceMs = run?.verifiedFromMs ?? 0;
  pair.target.forEach((value, key) => {
    const isTrue = isFrozen ? pair.source[key] === value : pair.heldSince(key, value, sinceMs);
    if (!isTrue)
      throw new Violation(
        'proved-while-different',
        `${migration.id} is proved, and its target holds ${value} at ${key}, its source ${pair.source[key]}`,
      );
  });
}

function stateOf({ phase, status, order }: DrivenMigration): string {
  return `${phase}/${status} with order ${order}`;
}
