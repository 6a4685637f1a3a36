import { SmartantError, toSmartantError } from '@smartant/kernel';
import { endRun, failRun, failureOf, logEnd, type EndedRun, type EndTools, type RunError } from '@smartant/runs';
import type { HeldShard, Json } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { mayLeaveFrozen, isStream, stageAfter, type DatabaseStage, type Stage } from '../../domain/stages';
import { keepVerification } from '../../domain/verification';
import type { DatabaseEngine, StageResult } from '../ports/database-engine';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import type { Stores, Tx } from '../ports/stores';
import type { ActiveRun, ActiveRuns } from './active-runs';
import { makeJob } from './make-job';
import { leftBehind, RELEASE_PATIENCE_MS } from './release-migration';
import { StageCounters } from './stage-counters';

export interface StageWorksOptions extends EndTools<Run> {
  stores: Stores;
  observer: Observer;
  engine: DatabaseEngine;
  active: ActiveRuns;
  secrets: SecretSource;
}

/** Stages at whose end every table that was to be tried again is in order, unless it was put aside anew. */
const RETRYING_STAGES: ReadonlySet<Stage> = new Set<Stage>(['copy', 'cutover']);

/** Why a cutover gives its source back; kept as the range of the shard that does. */
type GivingBack = { error: RunError | null };

/** Does what the stage of a shard asks for, and adds the shard of the next one. */
export class StageWorks {
  constructor(private readonly options: StageWorksOptions) {}

  work(shard: HeldShard, run: Run): Promise<void> {
    const stage = shard.claim.kind as Stage;
    if (stage === 'finish') return this.complete(stage, shard, run, {}, null, []);
    return this.options.active.use(run, (active) => this.perform(stage, shard, run, active));
  }

  /**
   * A run that cannot go on: it fails, but a cutover gives the source back first as long as the target is closed, so that nothing stands
   * still because of a migration that does not get on.
   */
  async fail(run: Run, error: SmartantError, shard: HeldShard): Promise<void> {
    const { claim } = shard;
    if (!mayLeaveFrozen(run, claim.kind as Stage)) return failRun(run, error, this.options, claim);
    const { unitOfWork, shards } = this.options;
    await unitOfWork.transaction(async (tx) => {
      await shards.lockRun(tx, run.runId);
      await shards.assertHeld(tx, claim);
      await shards.cancelShards(tx, run.runId);
      await this.addStage(tx, run, 'reopen', { error: failureOf(error) });
    });
  }

  private async perform(stage: DatabaseStage, shard: HeldShard, run: Run, active: ActiveRun): Promise<void> {
    const { unitOfWork, shards, stores, engine } = this.options;
    const epoch = await unitOfWork.transaction(async (tx) => {
      await shards.assertHeld(tx, shard.claim);
      return stores.states.takeHold(tx, run.migrationId, true);
    });
    const retrying = RETRYING_STAGES.has(stage) ? await this.retrying(run) : [];
    const counters = new StageCounters({ ...this.options, shard, run, stage, meter: active.meter });
    await counters.begin();
    const job = makeJob({ ...this.options, shard, run, stage, epoch, active, counters });
    const signal = AbortSignal.any([shard.signal, counters.signal]);
    let result: StageResult;
    try {
      result = await this.within(stage, shard, run, () => engine.stages[stage](job, signal));
    } catch (error) {
      await counters.saveLast().catch(() => undefined);
      throw counters.signal.aborted ? counters.signal.reason : error;
    }
    if (counters.signal.aborted) throw counters.signal.reason;
    if (shard.signal.aborted) return counters.saveLast();
    if (isStream(stage)) {
      await counters.saveLast();
      throw streamEnded(stage);
    }
    await counters.stop();
    await this.complete(stage, shard, run, result, counters, retrying);
  }

  /** After some patience a cancelled run is let go although something is left behind; what, is told. */
  private async within(stage: DatabaseStage, shard: HeldShard, run: Run, work: () => Promise<StageResult>): Promise<StageResult> {
    try {
      return await work();
    } catch (thrown) {
      if (run.status !== 'cancelling' || shard.signal.aborted) throw thrown;
      const error = toSmartantError(thrown);
      if (error.retryable && shard.claim.failingForMs < RELEASE_PATIENCE_MS) throw error;
      this.options.observer.failure('release failed', { 'smartant.stage': stage }, error);
      return { findings: [leftBehind(error)] };
    }
  }

  private async retrying(run: Run): Promise<string[]> {
    const { stores, unitOfWork } = this.options;
    const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
    return [...unresolved].filter(([, state]) => state === 'retrying').map(([unit]) => unit);
  }

  private async complete(
    stage: Stage,
    shard: HeldShard,
    run: Run,
    result: StageResult,
    counters: StageCounters | null,
    retrying: string[],
  ): Promise<void> {
    const { position, ledger, also } = counters?.take() ?? { position: null, ledger: {}, also: () => Promise.resolve() };
    let ended: EndedRun | null = null;
    await shard.complete(
      { position, ledger },
      {
        also: async (tx) => {
          await also(tx);
          await this.keep(tx, run, stage, result, retrying);
        },
        onLast: async (tx) => void (ended = await this.goOn(tx, run, stage, result, shard.claim.range)),
      },
    );
    logEnd(ended, this.options.observer);
  }

  /** What a stage brought, in the transaction of its completion. */
  private async keep(tx: Tx, run: Run, stage: Stage, result: StageResult, retrying: string[]): Promise<void> {
    const { stores } = this.options;
    const { findings = [], verification, frozenAt, openedAt } = result;
    const current = await stores.runs.find(tx, run.runId);
    await stores.runs.update(tx, run.runId, {
      findings: [...(current ?? run).findings, ...findings],
      ...(verification && { verification: keepVerification(verification, new Date().toISOString()) }),
      ...(frozenAt !== undefined && { frozenAt }),
      ...(openedAt !== undefined && { openedAt }),
    });
    if (verification && !verification.equal) retrying = [];
    const unresolved = retrying.length > 0 ? await stores.failures.unresolved(tx, run.migrationId) : new Map();
    for (const unit of retrying) if (unresolved.get(unit) === 'retrying') await stores.failures.resolve(tx, run.migrationId, unit);
    if (stage === 'release' && findings.every(({ code }) => code !== 'DATABASE_LEFT_BEHIND'))
      await stores.states.released(tx, run.migrationId);
  }

  /** The next stage, or the end of the run. */
  private async goOn(tx: Tx, run: Run, stage: Stage, result: StageResult, range: Json): Promise<EndedRun | null> {
    if (run.status === 'cancelling') return endRun(tx, run.runId, { status: 'cancelled' }, this.options);
    if (run.phase === 'cutover' && stage === 'reopen') {
      const { error } = range as GivingBack;
      return endRun(tx, run.runId, error ? { status: 'failed', error } : { status: 'succeeded' }, this.options);
    }
    // Whoever asked for the cutover hears of the differences; until then the source goes on serving.
    const differs = stage === 'cutover' && result.verification?.equal === false;
    const next = differs ? 'reopen' : stageAfter(run, stage);
    if (next === null) return endRun(tx, run.runId, { status: 'succeeded' }, this.options);
    await this.addStage(tx, run, next, differs ? { error: null } : null);
    return null;
  }

  /** What a former holder sent cannot land late: an engine fences its writes by the epoch. So no stage waits for zombies. */
  private async addStage(tx: Tx, run: Run, stage: DatabaseStage, range: GivingBack | null): Promise<void> {
    await this.options.shards.addShards(tx, run.runId, [{ kind: stage, ordinal: 0, range: range as Json, writes: false }]);
  }
}

function streamEnded(stage: Stage): SmartantError {
  return new SmartantError('DATABASE_STREAM_ENDED', `The change stream ended by itself (${stage}).`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'bug',
    hint: 'It is begun anew where it stopped. If it keeps ending, look at the log of the source.',
  });
}
