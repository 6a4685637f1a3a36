import { newId } from '@smartant/kernel';
import type { Database } from '@smartant/platform/postgres';
import {
  CalendarKeeper,
  LimitStore,
  SharedLimits,
  ShardStore,
  ShardWorkers,
  type RunSignal,
  type ShardWorkersOptions,
} from '@smartant/shards';
import type { EndTools } from './end-run';
import type { Observer, RunEvents } from './observer';
import type { ProcessShard } from './process-shard';
import type { HolderTimes } from './revalidate-runs';
import type { Run, RunOrder } from './run';
import { RunControl, type RunKind, type SharedView } from './run-control';
import { RunLimits, type HeldPhases } from './run-limits';
import type { RunStore } from './stores';

/** What the work of a migrator is built on: shards, limits, and what ends runs. */
export interface RunParts<R extends Run, S extends { runs: RunStore<R> }, Obs extends Observer> extends EndTools<R> {
  database: Database;
  stores: S;
  observer: Obs;
  runLimits: RunLimits;
  /** This process's part in limits that all replicas share. To be closed after the workers have stopped. */
  limits: SharedLimits;
}

export function openRunParts<R extends Run, S extends { runs: RunStore<R> }, Obs extends Observer>(options: {
  database: Database;
  stores: S;
  events: RunEvents;
  observer: Obs;
  heldPhases: HeldPhases;
  times: HolderTimes;
}): RunParts<R, S, Obs> {
  const { database, stores, events, observer, heldPhases, times } = options;
  const shards = new ShardStore(database, times);
  const limitStore = new LimitStore(database);
  const limits = new SharedLimits({
    store: limitStore,
    workerId: newId('wrk'),
    onError: (error) => observer.warn('limits could not be drawn', { code: error.code }, error),
  });
  const runLimits = new RunLimits(limitStore, shards, heldPhases);
  return { database, unitOfWork: database, stores, shards, events, observer, runLimits, limits };
}

export interface ComposeRunsOptions<O extends RunOrder, R extends O & Run, V extends SharedView<R>> {
  parts: RunParts<R, { runs: RunStore<R> }, Observer>;
  kind: RunKind<O, R, V>;
  process: ProcessShard<R>;
  /** State and settings of runs that are worked on here, as they are heard. */
  hear: (signal: RunSignal) => void;
  forget: (migrationId: string) => Promise<void>;
  olderAreGone?: () => Promise<boolean>;
  workers: Pick<ShardWorkersOptions, 'slots' | 'splitEveryMs'>;
}

/** Workers, calendars and the control of runs over one database. `workers.start()` and `calendars.start()` set them to work. */
export function composeRuns<O extends RunOrder, R extends O & Run, V extends SharedView<R>>(options: ComposeRunsOptions<O, R, V>) {
  const { parts, kind, process, hear, forget, olderAreGone } = options;
  const { database, stores, shards, observer, runLimits } = parts;
  const workers = new ShardWorkers({
    ...options.workers,
    store: shards,
    handle: (shard) => process.handle(shard),
    onPoisoned: (shard) => process.giveUp(shard),
    openSession: () => database.openSession(),
    onRunSignal: hear,
    onClaim: ({ claim }) => {
      const { migrationId, runId, shardId, kind: stage, epoch, takenOver } = claim;
      observer.claimed(stage, takenOver);
      if (takenOver) observer.warn('shard taken over', { migrationId, runId, shardId, stage, epoch });
    },
    onError: (error, shard) => {
      observer.warn('shard put back', { code: error.code, 'smartant.shard': shard?.claim.shardId ?? '' }, error);
    },
  });
  database.incarnation?.onChange(() => workers.loseAll());
  const calendars = new CalendarKeeper({
    database,
    onBoundary: async (tx, runId) => {
      const run = await stores.runs.find(tx, runId);
      if (run) await runLimits.apply(tx, run);
    },
    onApplied: () => workers.poke(),
    onError: (error) => observer.warn('calendars could not be looked at', { code: error.code }, error),
  });
  return { runs: new RunControl({ ...parts, kind, workers, forget, olderAreGone, limits: runLimits, calendars }), workers, calendars };
}
