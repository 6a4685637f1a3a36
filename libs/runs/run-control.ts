import { hasNetworkSettings } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { runWait, type CalendarKeeper, type LedgerCounters, type RunWait, type ShardStore, type ShardWorkers } from '@smartant/shards';
import { endRun, logEnd, type EndedRun, type EndTools } from './end-run';
import { runFields } from './observer';
import type { Limits, Run, RunOrder, RunState, RunStatus } from './run';
import type { RunLimits } from './run-limits';
import type { Tx } from './stores';

/** A run as callers see it, as far as it is the same for all kinds of migrations. */
export interface SharedView<R extends Run = Run> {
  run: R;
  counters: LedgerCounters;
  shardsTotal: number;
  shardsDone: number;
  /** When the next window of its calendar opens, while it waits for it. */
  opensAt: string | null;
  /** Why nothing is being done for it, and until when, where it is active. */
  wait: RunWait | null;
}

/** What differs between kinds of migrations. */
export interface RunKind<O extends RunOrder, R extends O & Run, V extends SharedView<R>> {
  /** The first stage of a run; the completion of each adds the next. */
  firstStage(order: O): string;
  /** In place of everything else when a run is cancelled. */
  cleanUpStage: string;
  /** A new run, with what only this kind keeps. */
  begin(order: O, state: RunState): R;
  /** Whether a run has begun what must be brought to its end: then it is not cancelled any more, and ends by itself. Never when absent. */
  isPastCancelling?(tx: Tx, run: R): Promise<boolean>;
  /** Whether a run may be held for any time. Always when absent; one that may not goes on to its end, which a caller that asks again sees. */
  mayPause?(run: R): boolean;
  /** What callers see beside what is the same for all kinds. */
  view(shared: SharedView<R>): Promise<V>;
}

export interface RunControlOptions<O extends RunOrder, R extends O & Run, V extends SharedView<R>> extends EndTools<R> {
  kind: RunKind<O, R, V>;
  shards: ShardStore;
  /** This process's workers, told at once of what others hear within a second. */
  workers: Pick<ShardWorkers, 'poke' | 'pauseHere' | 'endHere'>;
  /** Cleans up after a migration whose run is not known, and forgets it. */
  forget: (migrationId: string) => Promise<void>;
  limits: RunLimits;
  calendars: Pick<CalendarKeeper, 'poke'>;
  /**
   * True once no migrator runs, or can start any more, that does not know ways to endpoints and choices of TLS. Absent: no version of this
   * kind of migrator ever was without.
   */
  olderAreGone?: () => Promise<boolean>;
}

/** Starts and steers runs. Every call may be repeated: its effect is that of one. */
export class RunControl<O extends RunOrder = RunOrder, R extends O & Run = O & Run, V extends SharedView<R> = SharedView<R>> {
  constructor(private readonly options: RunControlOptions<O, R, V>) {}

  /**
   * Starts a run, or answers with its state when it was started before. A higher epoch ends the migration's older runs.
   * Raises RUN_EPOCH_STALE for a run that is older than one seen before, and RUN_NEEDS_UPGRADE while another migrator would work on it
   * without its endpoints' ways.
   */
  async start(order: O): Promise<V> {
    // Migrators claim shards of every run that is stored.
    const routed = [order.source, order.target].some(({ location }) => hasNetworkSettings(location));
    const { olderAreGone = () => Promise.resolve(true) } = this.options;
    if (routed && !(await olderAreGone())) throw needsUpgrade(order);
    const { kind, unitOfWork, stores, shards, workers, observer, limits, calendars } = this.options;
    const superseded = await unitOfWork.transaction(async (tx) => {
      if (await stores.runs.find(tx, order.runId)) return null;
      const highest = await stores.runs.raiseEpoch(tx, order.migrationId, order.epoch);
      // The same start may have been under way in another replica until it let go of the lock.
      if (await stores.runs.find(tx, order.runId)) return null;
      if (order.epoch <= highest) throw epochStale(order, highest);
      const older = await stores.runs.unfinished(tx, order.migrationId);
      const ended: (EndedRun | null)[] = [];
      for (const run of older) ended.push(await endRun(tx, run.runId, { status: 'cancelled' }, this.options));
      const run = kind.begin(order, newState(observer.carryTrace()));
      await stores.runs.insert(tx, run);
      const { runId, migrationId, workspaceId, priority } = order;
      await shards.addRun(tx, { runId, migrationId, workspaceId, priority, settings: null });
      await shards.addShards(tx, order.runId, [{ kind: kind.firstStage(order), ordinal: 0, range: null, writes: false }]);
      await limits.apply(tx, run);
      return ended.filter((run) => run !== null);
    });
    for (const run of superseded ?? []) {
      workers.endHere(run.runId);
      logEnd(run, observer);
    }
    if (superseded) observer.info('run started', { ...runFields(order), epoch: order.epoch, round: order.round });
    calendars.poke();
    workers.poke();
    return this.get(order.runId);
  }

  /** Raises RUN_NOT_FOUND. */
  async get(runId: string): Promise<V> {
    const { kind, unitOfWork, stores, shards } = this.options;
    const run = await stores.runs.find(unitOfWork, runId);
    if (!run) throw runNotFound(runId);
    const summary = await shards.summary(runId);
    const running = run.status === 'running';
    return kind.view({
      run,
      counters: summary?.ledger ?? {},
      shardsTotal: summary?.shardsTotal ?? 0,
      shardsDone: summary?.shardsDone ?? 0,
      opensAt: running ? await this.options.limits.opensAt(unitOfWork, runId) : null,
      wait: running ? await runWait(unitOfWork, runId) : null,
    });
  }

  /** Work stops within two seconds, at its last checkpoints. A run that has ended, or may not be held, stays as it is. */
  async pause(runId: string): Promise<V> {
    await this.change(runId, 'run paused', async (tx, run) => {
      if (run.status !== 'running' || this.options.kind.mayPause?.(run) === false) return null;
      await this.options.shards.setRunState(tx, runId, 'paused');
      await this.options.stores.runs.update(tx, runId, { status: 'paused' });
      return 'paused';
    });
    const view = await this.get(runId);
    if (view.run.status === 'paused') this.options.workers.pauseHere(runId);
    return view;
  }

  async resume(runId: string): Promise<V> {
    await this.change(runId, 'run resumed', (tx, run) => this.goOn(tx, run));
    this.options.workers.poke();
    return this.get(runId);
  }

  private async goOn(tx: Tx, { runId, status }: R): Promise<RunStatus | null> {
    if (status !== 'paused') return null;
    await this.options.shards.setRunState(tx, runId, 'active');
    await this.options.stores.runs.update(tx, runId, { status: 'running' });
    return 'running';
  }

  /**
   * Stops a run and starts its clean-up; it is `cancelled` once that is done, which a repeated call or `get` tells. One that is past
   * cancelling goes on to its end, also where it was paused. Null
   * when there is no such run: then the migration is forgotten and cleaned up after, and a start of a run up to `epoch` that arrives late
   * is refused (0: of none).
   */
  async cancel(runId: string, migrationId: string, epoch = 0): Promise<V | null> {
    const { kind, unitOfWork, stores, shards, workers, forget } = this.options;
    const known = runId === '' ? null : await stores.runs.find(unitOfWork, runId);
    if (!known) {
      if (migrationId !== '') await forget(migrationId);
      if (migrationId !== '' && epoch > 0) await this.refuseLateStarts(migrationId, epoch);
      return null;
    }
    const status = await this.change(runId, 'run is being cancelled', async (tx, run) => {
      if (run.status !== 'running' && run.status !== 'paused') return null;
      if (await kind.isPastCancelling?.(tx, run)) return this.goOn(tx, run);
      await shards.cancelShards(tx, runId);
      await shards.setRunState(tx, runId, 'active');
      await shards.addShards(tx, runId, [{ kind: kind.cleanUpStage, ordinal: 0, range: null, writes: false }]);
      await stores.runs.update(tx, runId, { status: 'cancelling' });
      // What was left behind is cleaned up at any hour.
      await this.options.limits.apply(tx, { ...run, status: 'cancelling' });
      return 'cancelling';
    });
    if (status === 'cancelling') workers.endHere(runId);
    workers.poke();
    return this.get(runId);
  }

  /** One that came before we hold the epoch is ended here, one that comes after finds its epoch stale. */
  private async refuseLateStarts(migrationId: string, epoch: number): Promise<void> {
    const { unitOfWork, stores } = this.options;
    await unitOfWork.transaction(async (tx) => {
      await stores.runs.raiseEpoch(tx, migrationId, epoch);
      for (const run of await stores.runs.unfinished(tx, migrationId)) await endRun(tx, run.runId, { status: 'cancelled' }, this.options);
    });
  }

  /**
   * For the runs of a migration that have not ended; heard by all workers within about two seconds. What is older than
   * what a run has changes nothing.
   */
  async setLimits(migrationId: string, limits: Limits): Promise<void> {
    const { unitOfWork, stores, shards, calendars, workers } = this.options;
    await unitOfWork.transaction(async (tx) => {
      for (const { runId } of await stores.runs.unfinished(tx, migrationId)) {
        await shards.lockRun(tx, runId);
        const run = await stores.runs.find(tx, runId);
        if (!run || (run.limits.version ?? 0) > (limits.version ?? 0)) continue;
        await stores.runs.update(tx, runId, { limits });
        await this.options.limits.apply(tx, { ...run, limits });
      }
    });
    calendars.poke();
    workers.poke();
  }

  /** `work` resolves with the run's new status, which is logged, or with null where nothing is to be changed. */
  private async change(runId: string, message: string, work: (tx: Tx, run: R) => Promise<RunStatus | null>): Promise<RunStatus | null> {
    const { unitOfWork, stores, shards, observer } = this.options;
    const changed = await unitOfWork.transaction(async (tx) => {
      await shards.lockRun(tx, runId);
      const run = await stores.runs.find(tx, runId);
      if (!run) throw runNotFound(runId);
      const status = await work(tx, run);
      return status && { ...runFields(run), status };
    });
    if (changed) observer.info(message, changed);
    return changed && changed.status;
  }
}

function newState(trace: Record<string, string>): RunState {
  return {
    status: 'running',
    expectedObjects: 0,
    expectedBytes: 0,
    error: null,
    findings: [],
    verification: null,
    startedAt: new Date().toISOString(),
    finishedAt: null,
    trace,
  };
}

function needsUpgrade({ runId }: RunOrder): SmartantError {
  return new SmartantError('RUN_NEEDS_UPGRADE', 'A migrator of an older version runs, which would reach the endpoints directly.', {
    kind: 'unavailable',
    actor: 'operator',
    retry: { kind: 'backoff' },
    hint: 'Nothing needs to be done: the run starts when every storage-migrator is upgraded.',
    details: { runId },
  });
}

function runNotFound(runId: string): SmartantError {
  return new SmartantError('RUN_NOT_FOUND', `There is no run "${runId}".`, {
    kind: 'not-found',
    actor: 'bug',
    hint: 'The scheduler starts it again when it is needed.',
  });
}

function epochStale(order: RunOrder, highest: number): SmartantError {
  return new SmartantError('RUN_EPOCH_STALE', `Epoch ${order.epoch} of ${order.migrationId} is not above ${highest}.`, {
    kind: 'precondition',
    actor: 'bug',
    hint: 'Another run of this migration was started since; nothing needs to be done.',
    details: { highestEpoch: String(highest) },
  });
}
