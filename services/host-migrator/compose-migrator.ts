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
import type { HostEngine } from './application/ports/host-engine';
import type { Observer } from './application/ports/observer';
import type { SecretSource } from './application/ports/secrets';
import { hostProbing, type HostProbing } from './application/probing/host-probing';
import { hostStages } from './application/runs/host-stages';
import { HOST_RUNS, type HostRuns, type RunView } from './application/runs/run-view';
import { Transcripts } from './application/runs/transcripts';
import type { Run, RunOrder } from './domain/run';
import { HELD_PHASES } from './domain/stages';

export interface MigratorOptions extends HolderTimes {
  database: Database;
  engine: HostEngine;
  secrets: SecretSource;
  events: RunEvents;
  observer: Observer;
  /** Migrations worked on at once. */
  slots: number;
}

export interface Migrator {
  runs: HostRuns;
  probing: HostProbing;
  failures: Failures;
  transcripts: Transcripts;
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
  const { stores, shards, limits, unitOfWork } = parts;
  const kind = hostStages({ engine, secrets, observer, unitOfWork, transcript: stores.transcript });
  const active = new ActiveRuns<Run>(limits, HELD_PHASES, secrets);
  const endings = new StageEndings({ ...parts, kind });
  const stages = new StageWorks({ ...parts, kind, active, endings });
  const release = new ReleaseMigration({ ...parts, limits: parts.runLimits, kind, secrets });
  const { runs, workers, calendars } = composeRuns<RunOrder, Run, RunView>({
    parts,
    kind: HOST_RUNS,
    process: new ProcessShard<Run>({
      ...parts,
      secrets,
      credentialsInvalidCode: 'HOST_SIGN_IN_FAILED',
      work: (shard, run) => stages.work(shard, run),
      fail: (run, error, shard) => endings.fail(run, error, shard),
    }),
    hear: (signal) => active.hear(signal),
    forget: (migrationId) => release.forget(migrationId),
    workers: { slots },
  });
  const probing = hostProbing(engine, secrets, (error) => observer.warn('A question about a host could not be answered', {}, error));
  const [failures, transcripts] = [new Failures(database, stores), new Transcripts(database, stores)];
  return { runs, probing, failures, transcripts, active, observer, shards, workers, calendars, limits };
}
