import { toSmartantError } from '@smartant/kernel';
import type { HeldShard, ShardStore } from '@smartant/shards';
import type { Observer } from '../observer';
import type { Run } from '../run';
import type { UnitOfWork } from '../stores';
import type { ActiveRun, ActiveRuns } from './active-runs';
import { StageCounters } from './stage-counters';
import type { StageEndings } from './stage-endings';
import { makeStageJob } from './stage-job';
import type { StageStores } from './stage-stores';
import { FINISH_STAGE, RELEASE_STAGE, type StagedKind, type StageOutcome } from './staged-kind';

/** After this long a cancelled run is let go although an end does not answer. */
const RELEASE_PATIENCE_MS = 120_000;

export interface StageWorksOptions<R extends Run, Outcome extends StageOutcome> {
  unitOfWork: UnitOfWork;
  stores: StageStores<R>;
  shards: ShardStore;
  observer: Observer;
  kind: StagedKind<R, Outcome>;
  active: ActiveRuns<R>;
  endings: StageEndings<R, Outcome>;
}

/** Does what the stage of a shard asks for. */
export class StageWorks<R extends Run, Outcome extends StageOutcome> {
  constructor(private readonly options: StageWorksOptions<R, Outcome>) {}

  work(shard: HeldShard, run: R): Promise<void> {
    const stage = shard.claim.kind;
    if (stage === FINISH_STAGE) return this.options.endings.complete(stage, shard, run, {} as Outcome, null, []);
    return this.options.active.use(run, (active) => this.perform(stage, shard, run, active));
  }

  private async perform(stage: string, shard: HeldShard, run: R, active: ActiveRun<R>): Promise<void> {
    const { endings, kind } = this.options;
    const epoch = await this.takeHold(shard, run);
    const retried = kind.retryingStages.has(stage) ? await this.retrying(run) : [];
    const counters = new StageCounters({ ...this.options, ledger: kind.ledger, shard, run, stage, meter: active.meter });
    await counters.begin();
    const job = makeStageJob({ ...this.options, shard, run, stage, epoch, active, counters });
    try {
      const outcome = await this.runStage(stage, shard, run, (signal) => kind.perform(stage, job, run, signal), counters.signal);
      await counters.stop();
      await endings.complete(stage, shard, run, outcome, counters, retried);
    } catch (error) {
      // Nothing where the shard is not ours any more.
      await counters.saveLast().catch(() => undefined);
      throw error;
    }
  }

  /** From now on whoever held the migration's work before can't write to the target any more. */
  private takeHold(shard: HeldShard, run: R): Promise<number> {
    const { unitOfWork, shards, stores } = this.options;
    return unitOfWork.transaction(async (tx) => {
      await shards.assertHeld(tx, shard.claim);
      return stores.states.takeHold(tx, run.migrationId, true);
    });
  }

  /** Raises the reason when the stage was interrupted, and also when a stream ended by itself. */
  private async runStage(
    stage: string,
    shard: HeldShard,
    run: R,
    work: (signal: AbortSignal) => Promise<Outcome>,
    broken: AbortSignal,
  ): Promise<Outcome> {
    const { kind } = this.options;
    const signal = AbortSignal.any([shard.signal, broken]);
    let outcome: Outcome;
    try {
      outcome = await work(signal);
      const left = outcome.findings?.find(({ code }) => code === kind.release.leftBehindCode);
      if (stage === RELEASE_STAGE && left && shard.claim.failingForMs < RELEASE_PATIENCE_MS) throw kind.release.notReleased(left);
    } catch (error) {
      signal.throwIfAborted();
      return this.letGo(error, shard, run);
    }
    signal.throwIfAborted();
    const ended = kind.streamEnded?.(stage);
    if (ended) throw ended;
    return outcome;
  }

  /** After some patience a cancelled run is let go although something is left behind; what, is told. */
  private letGo(thrown: unknown, shard: HeldShard, run: R): Outcome {
    const error = toSmartantError(thrown);
    if (run.status !== 'cancelling' || (error.retryable && shard.claim.failingForMs < RELEASE_PATIENCE_MS)) throw error;
    this.options.observer.failure('release failed', { 'smartant.stage': shard.claim.kind }, error);
    return { findings: [this.options.kind.release.leftBehind(error)] } as StageOutcome as Outcome;
  }

  private async retrying(run: R): Promise<string[]> {
    const { stores, unitOfWork } = this.options;
    const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
    return [...unresolved].filter(([, state]) => state === 'retrying').map(([unit]) => unit);
  }
}
