import { SmartantError } from '@smartant/kernel';
import type { UserAction } from './scenario';
import * as domain from './scheduler/domain';
import type { DrivenMigration } from './scheduler/domain';
import type { Simulation } from './simulation';

const ENDING_LOOK_MS = 2_500;

/** Creates the migrations of a scenario, one after another. */
export function createMigrations(simulation: Simulation): void {
  const { world, scenario, table, schedulerDatabase } = simulation;
  for (let at = 0; at < scenario.migrations; at += 1) {
    const id = `mig_${at}`;
    simulation.addObjects(id);
    world.at(at * world.random.int(0, 5_000), () => {
      const context = { nowMs: schedulerDatabase.nowMs, newRunId: () => simulation.newRunId() };
      const input = { id, workspaceId: 'wks', name: id, spec: specOf(simulation), createdBy: 'user', traceContext: {} };
      schedulerDatabase.atOnce(() => {
        const { migration, changes } = domain.createMigration(input, context);
        table.insert(migration);
        table.append(migration, changes);
      });
    });
  }
}

function specOf({ scenario }: Simulation): domain.MigrationSpec {
  return {
    kind: 'storage',
    sourceEndpointId: 'src',
    targetEndpointId: 'tgt',
    storage: domain.DEFAULT_STORAGE_SCOPE,
    limits: domain.NO_LIMITS,
    cutover: {
      mode: scenario.automaticCutover ? 'automatic' : 'manual',
      sourceFrozen: false,
      finalize: scenario.automaticFinalize ? 'automatic' : 'manual',
    },
    incrementalIntervalSeconds: 3,
  };
}

/** A user's request to any replica that answers; refused where it is not allowed, lost where nobody answers. */
export function ask(simulation: Simulation, id: string, action: UserAction): void {
  const { world, scenario, table, schedulerDatabase } = simulation;
  const replica = simulation.anyReplica();
  if (!replica) return;
  const work = (): void => {
    const row = table.rows.get(id);
    if (!row) return;
    const context = { nowMs: replica.process.wallMs, newRunId: () => simulation.newRunId() };
    // Users tell the truth about their sources.
    const sourceFrozen = world.nowMs >= scenario.frozenAtMs;
    const { migration, changes } =
      action === 'remove'
        ? domain.requestRemoval(row.migration, context)
        : domain.applyAction(row.migration, action, action === 'cutover' ? { sourceFrozen } : {}, context);
    if (migration !== row.migration) table.update(migration);
    table.append(migration, changes);
    world.note('user', () => `asks ${id} to ${action} → ${migration.phase}/${migration.status} (${migration.order})`);
  };
  schedulerDatabase.execute(
    replica.process,
    work,
    () => undefined,
    (error) => {
      if (error instanceof SmartantError && error.code !== 'MIGRATION_ACTION_NOT_ALLOWED') throw error;
    },
  );
}

/** From now on users want their migrations to end: whatever one waits for them for, it gets. */
export function endEverything(simulation: Simulation): void {
  for (const { migration } of simulation.table.rows.values()) {
    const action = wanted(migration);
    if (action) ask(simulation, migration.id, action);
  }
  simulation.world.at(ENDING_LOOK_MS, () => endEverything(simulation));
}

function wanted({ phase, status, cutoverRequested }: DrivenMigration): UserAction | null {
  if (status === 'paused') return 'resume';
  if (status === 'failed') return 'retry';
  if (phase === 'incremental' && !cutoverRequested) return 'cutover';
  if (phase === 'reversible' && status === 'waiting') return 'finalize';
  return null;
}
