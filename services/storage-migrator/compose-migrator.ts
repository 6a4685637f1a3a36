import type { OpenStorage } from '@smartant/connectors';
import type { Database } from '@smartant/platform/postgres';
import { composeRuns, Failures, openRunParts, ProcessShard, type RunControl, type RunEvents } from '@smartant/runs';
import { Gate, type CalendarKeeper, type SharedLimits, type ShardStore, type ShardWorkers } from '@smartant/shards';
import { createStores } from './adapters/postgres/open-stores';
import { WAYS_STEP } from './adapters/postgres/storage-migrations';
import type { Observer } from './application/ports/observer';
import type { SecretSource } from './application/ports/secrets';
import { PartBuffers } from './application/objects/part-buffers';
import { Probing } from './application/probing/probing';
import { CleanUpMigration } from './application/runs/clean-up-migration';
import { RunContexts } from './application/runs/run-contexts';
import { storageRuns, type RunView } from './application/runs/run-view';
import { StageWorks } from './application/runs/stage-works';
import { HELD_PHASES, type Run, type RunOrder } from './domain/run';
import { WRITE_DEADLINE_MS } from './domain/write-deadline';

export interface MigratorOptions {
  database: Database;
  openStorage: OpenStorage;
  secrets: SecretSource;
  events: RunEvents;
  observer: Observer;
  /** Objects in flight in this process; a migration's own limit may be lower. */
  concurrency: number;
  memoryBytes?: number;
  /** Shards worked on at once. */
  slots?: number;
  leaseMs?: number;
  /** See WRITE_DEADLINE_MS, which is the default. */
  writeDeadlineMs?: number;
  /** How long a shard is held before idle workers may be given a part of it. */
  splitEveryMs?: number;
}

export interface Migrator {
  runs: RunControl<RunOrder, Run, RunView>;
  probing: Probing;
  failures: Failures;
  contexts: RunContexts;
  /** What all runs of this process share. */
  gates: { memory: Gate; objects: Gate };
  observer: Observer;
  shards: ShardStore;
  workers: ShardWorkers;
  /** Applies the boundaries of calendars once it is started. */
  calendars: CalendarKeeper;
  /** To be closed after the workers have stopped. */
  limits: SharedLimits;
}

const DEFAULT_MEMORY_BYTES = 256 * 1024 * 1024;
const DEFAULT_SLOTS = 4;

/** The migrator without its edges: what main.ts serves, and what tests drive. `workers.start()` sets it to work. */
export function composeMigrator(options: MigratorOptions): Migrator {
  const { database, openStorage, secrets, events, observer, concurrency } = options;
  const times = { leaseMs: options.leaseMs, writeDeadlineMs: options.writeDeadlineMs ?? WRITE_DEADLINE_MS };
  const parts = openRunParts({ database, stores: createStores(), events, observer, heldPhases: HELD_PHASES, times });
  const { stores, shards, limits } = parts;
  const memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  const gates = { memory: new Gate(memoryBytes), objects: new Gate(concurrency) };
  const contexts = new RunContexts({ openStorage, secrets, observer, ...gates, parts: new PartBuffers(memoryBytes), limits });
  const stages = new StageWorks({ ...parts, contexts });
  const cleanUp = new CleanUpMigration({ ...parts, limits: parts.runLimits, contexts });
  const { runs, workers, calendars } = composeRuns<RunOrder, Run, RunView>({
    parts,
    kind: storageRuns(database, stores),
    process: new ProcessShard<Run>({
      ...parts,
      secrets,
      credentialsInvalidCode: 'STORAGE_CREDENTIALS_INVALID',
      work: (shard, run) => stages.work(shard, run),
    }),
    hear: (signal) => contexts.hear(signal),
    forget: (migrationId) => cleanUp.forget(migrationId),
    olderAreGone: () => database.closeToOlder(WAYS_STEP),
    workers: { slots: options.slots ?? DEFAULT_SLOTS, splitEveryMs: options.splitEveryMs },
  });
  const [probing, failures] = [new Probing(openStorage, secrets), new Failures(database, stores)];
  return { runs, probing, failures, contexts, gates, observer, shards, workers, calendars, limits };
}
