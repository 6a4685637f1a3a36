import { hasNetworkSettings } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { runWait, type CalendarKeeper, type RunWait, type ShardStore, type ShardWorkers } from '@smartant/shards';
import { hasEnded, type Limits, type Run, type RunOrder, type RunStatus } from '../../domain/run';
import { firstStage } from '../../domain/stages';
import { toStorageLedger, type StorageLedger } from '../../domain/storage-ledger';
import { runFields } from '../ports/observer';
import type { Tx } from '../ports/stores';
import { endRun, logEnd, type EndedRun, type EndTools } from '../stages/end-run';
import type { CleanUpMigration } from './clean-up-migration';
import type { RunLimits } from './run-limits';

/** A run as callers see it. */
export interface RunView {
  run: Run;
  ledger: StorageLedger;
  shardsTotal: number;
  shardsDone: number;
  /** Bytes at the target of objects that are not whole yet; not in the ledger, which counts whole objects. 0 once the run has ended. */
  partialBytes: number;
  /** When the next window of its calendar opens, while it waits for it. */
  opensAt: string | null;
  /** Why nothing is being done for it, and until when, where it is active. */
  wait: RunWait | null;
}

export interface RunControlOptions extends EndTools {
  shards: ShardStore;
  /** This process's workers, told at once of what others hear within a second. */
  workers: Pick<ShardWorkers, 'poke' | 'pauseHere' | 'endHere'>;
  cleanUp: CleanUpMigration;
  limits: RunLimits;
  calendars: Pick<CalendarKeeper, 'poke'>;
  /** True once no migrator runs, or can start any more, that does not know ways to endpoints and choices of TLS. */
  olderAreGone: () => Promise<boolean>;
}

/** Starts and steers runs. Every call may be repeated: its effect is that of one. */
export class RunControl {
  constructor(private readonly options: RunControlOptions) {}

  /**
   * Starts a run, or answers with its state when it was started before. A higher epoch ends the migration's older runs.
   * Raises RUN_EPOCH_STALE for a run that is older than one seen before, and RUN_NEEDS_UPGRADE while another migrator would work on it
   * without its endpoints' ways.
   */
  async start(order: RunOrder): Promise<RunView> {
    // Migrators claim shards of every run that is stored.
    const routed = [order.source, order.target].some(({ location }) => hasNetworkSettings(location));
    if (routed && !(await this.options.olderAreGone())) throw needsUpgrade(order);
    const { unitOfWork, stores, shards, workers, observer, limits, calendars } = this.options;
    const superseded = await unitOfWork.transaction(async (tx) => {
      if (await stores.runs.find(tx, order.runId)) return null;
      const highest = await stores.runs.raiseEpoch(tx, order.migrationId, order.epoch);
      // The same start may have been under way in another replica until it let go of the lock.
      if (await stores.runs.find(tx, order.runId)) return null;
      if (order.epoch <= highest) throw epochStale(order, highest);
      const older = await stores.runs.unfinished(tx, order.migrationId);
      const ended: (EndedRun | null)[] = [];
      for (const run of older) ended.push(await endRun(tx, run.runId, { status: 'cancelled' }, this.options));
      const run = newRun(order, observer.carryTrace());
      await stores.runs.insert(tx, run);
      const { runId, migrationId, workspaceId, priority } = order;
      await shards.addRun(tx, { runId, migrationId, workspaceId, priority, settings: null });
      await shards.addShards(tx, order.runId, [{ kind: firstStage(order.phase), ordinal: 0, range: null, writes: false }]);
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
  async get(runId: string): Promise<RunView> {
    const { unitOfWork, stores, shards } = this.options;
    const run = await stores.runs.find(unitOfWork, runId);
    if (!run) throw runNotFound(runId);
    const summary = await shards.summary(runId);
    const running = run.status === 'running';
    return {
      run,
      ledger: toStorageLedger(summary?.ledger ?? {}),
      shardsTotal: summary?.shardsTotal ?? 0,
      shardsDone: summary?.shardsDone ?? 0,
      partialBytes: hasEnded(run.status) ? 0 : await stores.uploads.storedBytes(unitOfWork, run.migrationId),
      opensAt: running ? await this.options.limits.opensAt(unitOfWork, runId) : null,
      wait: running ? await runWait(unitOfWork, runId) : null,
    };
  }

  /** Work stops within two seconds, at its last checkpoints. A run that has ended stays as it is. */
  async pause(runId: string): Promise<RunView> {
    await this.change(runId, 'run paused', async (tx, run) => {
      if (run.status !== 'running') return null;
      await this.options.shards.setRunState(tx, runId, 'paused');
      await this.options.stores.runs.update(tx, runId, { status: 'paused' });
      return 'paused';
    });
    this.options.workers.pauseHere(runId);
    return this.get(runId);
  }

  async resume(runId: string): Promise<RunView> {
    await this.change(runId, 'run resumed', async (tx, run) => {
      if (run.status !== 'paused') return null;
      await this.options.shards.setRunState(tx, runId, 'active');
      await this.options.stores.runs.update(tx, runId, { status: 'running' });
      return 'running';
    });
    this.options.workers.poke();
    return this.get(runId);
  }

  /**
   * Stops a run and starts its clean-up; it is `cancelled` once that is done, which a repeated call or `get` tells. Null
   * when there is no such run: then the migration is forgotten and cleaned up after, and a start of a run up to `epoch` that arrives late
   * is refused (0: of none).
   */
  async cancel(runId: string, migrationId: string, epoch = 0): Promise<RunView | null> {
    const { unitOfWork, stores, shards, workers, cleanUp } = this.options;
    const known = runId === '' ? null : await stores.runs.find(unitOfWork, runId);
    if (!known) {
      if (migrationId !== '') await cleanUp.forget(migrationId);
      if (migrationId !== '' && epoch > 0) await this.refuseLateStarts(migrationId, epoch);
      return null;
    }
    await this.change(runId, 'run is being cancelled', async (tx, run) => {
      if (run.status !== 'running' && run.status !== 'paused') return null;
      await shards.cancelShards(tx, runId);
      await shards.setRunState(tx, runId, 'active');
      await shards.addShards(tx, runId, [{ kind: 'cleanup', ordinal: 0, range: null, writes: false }]);
      await stores.runs.update(tx, runId, { status: 'cancelling' });
      // What was left behind is cleaned up at any hour.
      await this.options.limits.apply(tx, { ...run, status: 'cancelling' });
      return 'cancelling';
    });
    if (!hasEnded(known.status)) workers.endHere(runId);
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
  private async change(runId: string, message: string, work: (tx: Tx, run: Run) => Promise<RunStatus | null>): Promise<void> {
    const { unitOfWork, stores, shards, observer } = this.options;
    const changed = await unitOfWork.transaction(async (tx) => {
      await shards.lockRun(tx, runId);
      const run = await stores.runs.find(tx, runId);
      if (!run) throw runNotFound(runId);
      const status = await work(tx, run);
      return status && { ...runFields(run), status };
    });
    if (changed) observer.info(message, changed);
  }
}

function newRun(order: RunOrder, trace: Record<string, string>): Run {
  return {
    ...order,
    status: 'running',
    plan: null,
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
