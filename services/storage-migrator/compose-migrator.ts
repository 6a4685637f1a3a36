import type { OpenStorage } from '@smartant/connectors';
import { newId } from '@smartant/kernel';
import type { Database } from '@smartant/platform/postgres';
import { CalendarKeeper, Gate, LimitStore, SharedLimits, ShardStore, ShardWorkers } from '@smartant/shards';
import { createStores } from './adapters/postgres/open-stores';
import { WAYS_STEP } from './adapters/postgres/storage-migrations';
import { Failures } from './application/failures/failures';
import type { Observer, RunEvents } from './application/ports/observer';
import type { SecretSource } from './application/ports/secrets';
import { PartBuffers } from './application/objects/part-buffers';
import { Probing } from './application/probing/probing';
import { CleanUpMigration } from './application/runs/clean-up-migration';
import { ProcessShard } from './application/runs/process-shard';
import { RunContexts } from './application/runs/run-contexts';
import { RunControl } from './application/runs/run-control';
import { RunLimits } from './application/runs/run-limits';
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
  runs: RunControl;
  probing: Probing;
  failures: Failures;
  contexts: RunContexts;
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
  const stores = createStores();
  const shards = new ShardStore(database, { leaseMs: options.leaseMs, writeDeadlineMs: options.writeDeadlineMs ?? WRITE_DEADLINE_MS });
  const limitStore = new LimitStore(database);
  const runLimits = new RunLimits(limitStore, shards);
  const limits = new SharedLimits({
    store: limitStore,
    workerId: newId('wrk'),
    onError: (error) => observer.warn('limits could not be drawn', { code: error.code }, error),
  });
  const contexts = new RunContexts({
    openStorage,
    secrets,
    observer,
    memory: new Gate(options.memoryBytes ?? DEFAULT_MEMORY_BYTES),
    parts: new PartBuffers(options.memoryBytes ?? DEFAULT_MEMORY_BYTES),
    objects: new Gate(concurrency),
    limits,
  });
  const end = { unitOfWork: database, stores, shards, events, observer };
  const process = new ProcessShard({ ...end, contexts, secrets });
  const workers = new ShardWorkers({
    store: shards,
    handle: (shard) => process.handle(shard),
    onPoisoned: (shard) => process.giveUp(shard),
    openSession: () => database.openSession(),
    slots: options.slots ?? DEFAULT_SLOTS,
    splitEveryMs: options.splitEveryMs,
    onRunSignal: (signal) => contexts.hear(signal),
    onClaim: ({ claim }) => {
      const { migrationId, runId, shardId, kind, epoch, takenOver } = claim;
      observer.claimed(kind, takenOver);
      if (takenOver) observer.warn('shard taken over', { migrationId, runId, shardId, stage: kind, epoch });
    },
    onError: (error, shard) => {
      observer.warn('shard put back', { code: error.code, 'smartant.shard': shard?.claim.shardId ?? '' }, error);
    },
  });
  database.incarnation?.onChange(() => workers.loseAll());
  const cleanUp = new CleanUpMigration({ unitOfWork: database, stores, shards, contexts, limits: runLimits, observer });
  const calendars = new CalendarKeeper({
    database,
    onBoundary: async (tx, runId) => {
      const run = await stores.runs.find(tx, runId);
      if (run) await runLimits.apply(tx, run);
    },
    onApplied: () => workers.poke(),
    onError: (error) => observer.warn('calendars could not be looked at', { code: error.code }, error),
  });
  const runs = new RunControl({
    ...end,
    workers,
    cleanUp,
    limits: runLimits,
    calendars,
    olderAreGone: () => database.closeToOlder(WAYS_STEP),
  });
  return {
    runs,
    probing: new Probing(openStorage, secrets),
    failures: new Failures(database, stores),
    contexts,
    shards,
    workers,
    calendars,
    limits,
  };
}
