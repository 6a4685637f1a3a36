import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { HeldShard, ShardStore } from '@smartant/shards';
import type { UnitOfWork } from '@smartant/runs';
import type { Run } from '../../domain/run';
import { isStream, type DatabaseStage, type Stage } from '../../domain/stages';
import type { DatabaseEngine, StageResult } from '../ports/database-engine';
import type { Observer } from '../ports/observer';
import type { SecretSource } from '../ports/secrets';
import type { Stores } from '../ports/stores';
import type { ActiveRun, ActiveRuns } from './active-runs';
import { makeJob } from './make-job';
import { isLeftBehind, leftBehind, notReleased, RELEASE_PATIENCE_MS } from './release-migration';
import { StageCounters } from './stage-counters';
import type { StageEndings } from './stage-endings';

export interface StageWorksOptions {
  unitOfWork: UnitOfWork;
  stores: Stores;
  shards: ShardStore;
  observer: Observer;
  engine: DatabaseEngine;
  active: ActiveRuns;
  secrets: SecretSource;
  endings: StageEndings;
}

/** Stages at whose end every table that was to be tried again is in order, unless it was put aside anew. */
const RETRYING_STAGES: ReadonlySet<Stage> = new Set<Stage>(['copy', 'cutover']);

/** Does what the stage of a shard asks for. */
export class StageWorks {
  constructor(private readonly options: StageWorksOptions) {}

  work(shard: HeldShard, run: Run): Promise<void> {
    const stage = shard.claim.kind as Stage;
    if (stage === 'finish') return this.options.endings.complete(stage, shard, run, {}, null, []);
    return this.options.active.use(run, (active) => this.perform(stage, shard, run, active));
  }

  private async perform(stage: DatabaseStage, shard: HeldShard, run: Run, active: ActiveRun): Promise<void> {
    const { endings } = this.options;
    const epoch = await this.takeHold(shard, run);
    const retried = RETRYING_STAGES.has(stage) ? await this.retrying(run) : [];
    const counters = new StageCounters({ ...this.options, shard, run, stage, meter: active.meter });
    await counters.begin();
    const job = makeJob({ ...this.options, shard, run, stage, epoch, active, counters });
    try {
      const result = await this.runStage(stage, shard, run, (signal) => this.options.engine.stages[stage](job, signal), counters.signal);
      await counters.stop();
      await endings.complete(stage, shard, run, result, counters, retried);
    } catch (error) {
      // Nothing where the shard is not ours any more.
      await counters.saveLast().catch(() => undefined);
      throw error;
    }
  }

  /** From now on whoever held the migration's work before can't write to the target any more. */
  private takeHold(shard: HeldShard, run: Run): Promise<number> {
    const { unitOfWork, shards, stores } = this.options;
    return unitOfWork.transaction(async (tx) => {
      await shards.assertHeld(tx, shard.claim);
      return stores.states.takeHold(tx, run.migrationId, true);
    });
  }

  /** Raises the reason when the stage was interrupted, and also when a stream ended by itself. */
  private async runStage(
    stage: DatabaseStage,
    shard: HeldShard,
    run: Run,
    work: (signal: AbortSignal) => Promise<StageResult>,
    broken: AbortSignal,
  ): Promise<StageResult> {
    const signal = AbortSignal.any([shard.signal, broken]);
    let result: StageResult;
    try {
      result = await work(signal);
      if (stage === 'release' && isWorthAnotherTry(result, shard)) throw notReleased(result.findings?.find(isLeftBehind));
    } catch (error) {
      signal.throwIfAborted();
      return this.letGo(error, shard, run);
    }
    signal.throwIfAborted();
    if (isStream(stage)) throw streamEnded(stage);
    return result;
  }

  /** After some patience a cancelled run is let go although something is left behind; what, is told. */
  private letGo(thrown: unknown, shard: HeldShard, run: Run): StageResult {
    const error = toSmartantError(thrown);
    if (run.status !== 'cancelling' || (error.retryable && shard.claim.failingForMs < RELEASE_PATIENCE_MS)) throw error;
    this.options.observer.failure('release failed', { 'smartant.stage': shard.claim.kind }, error);
    return { findings: [leftBehind(error)] };
  }

  private async retrying(run: Run): Promise<string[]> {
    const { stores, unitOfWork } = this.options;
    const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
    return [...unresolved].filter(([, state]) => state === 'retrying').map(([unit]) => unit);
  }
}

function isWorthAnotherTry({ findings = [] }: StageResult, shard: HeldShard): boolean {
  return findings.some(isLeftBehind) && shard.claim.failingForMs < RELEASE_PATIENCE_MS;
}

function streamEnded(stage: Stage): SmartantError {
  return new SmartantError('DATABASE_STREAM_ENDED', `The change stream ended by itself (${stage}).`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'bug',
    hint: 'It is begun anew where it stopped. If it keeps ending, look at the log of the source.',
  });
}
