import type { Database } from '@smartant/platform/postgres';
import {
  ActiveRuns,
  composeRuns,
  Failures,
  openRunParts,
  ProcessShard,
  ReleaseMigration,
  StageEndings,
  StageWorks,
  type HolderTimes,
  type RunEvents,
} from '@smartant/runs';
import type { CalendarKeeper, SharedLimits, ShardStore, ShardWorkers } from '@smartant/shards';
import { createStores } from './adapters/postgres/open-stores';
import { Checks } from './application/checks/checks';
import type { DatabaseEngine } from './application/ports/database-engine';
import type { Observer } from './application/ports/observer';
import type { SecretSource } from './application/ports/secrets';
import { DatabaseProbing } from './application/probing/database-probing';
import { databaseStages } from './application/runs/database-stages';
import { databaseRuns, type DatabaseRuns, type RunView } from './application/runs/run-view';
import type { Run, RunOrder } from './domain/run';
import { HELD_PHASES } from './domain/stages';

export interface MigratorOptions extends HolderTimes {
  database: Database;
  engine: DatabaseEngine;
  secrets: SecretSource;
  events: RunEvents;
  observer: Observer;
  /** Migrations worked on at once. */
  slots: number;
}

export interface Migrator {
  runs: DatabaseRuns;
  probing: DatabaseProbing;
  failures: Failures;
  checks: Checks;
  active: ActiveRuns<Run>;
  observer: Observer;
  shards: ShardStore;
  workers: ShardWorkers;
  /** Applies the boundaries of calendars once it is started. */
  calendars: CalendarKeeper;
  /** To be closed after the workers have stopped. */
  limits: SharedLimits;
}

/** The migrator without its edges: what main.ts serves, and what tests drive. `workers.start()` sets it to work. */
export function composeMigrator(options: MigratorOptions): Migrator {
  const { database, engine, secrets, events, observer, slots, leaseMs, writeDeadlineMs } = options;
  const times = { leaseMs, writeDeadlineMs };
  const parts = openRunParts({ database, stores: createStores(), events, observer, heldPhases: HELD_PHASES, times });
  const { stores, shards, limits } = parts;
  const kind = databaseStages({ engine, secrets, observer, checks: stores.checks });
  const active = new ActiveRuns<Run>(limits, HELD_PHASES, secrets);
  const endings = new StageEndings({ ...parts, kind });
  const stages = new StageWorks({ ...parts, kind, active, endings });
  const release = new ReleaseMigration({ ...parts, limits: parts.runLimits, kind, secrets });
  const { runs, workers, calendars } = composeRuns<RunOrder, Run, RunView>({
    parts,
    kind: databaseRuns(stores.states),
    process: new ProcessShard<Run>({
      ...parts,
      secrets,
      credentialsInvalidCode: 'DATABASE_CREDENTIALS_INVALID',
      work: (shard, run) => stages.work(shard, run),
      fail: (run, error, shard) => endings.fail(run, error, shard),
    }),
    hear: (signal) => active.hear(signal),
    forget: (migrationId) => release.forget(migrationId),
    workers: { slots },
  });
  const [probing, failures, checks] = [new DatabaseProbing(engine, secrets), new Failures(database, stores), new Checks(database, stores)];
  return { runs, probing, failures, checks, active, observer, shards, workers, calendars, limits };
}
