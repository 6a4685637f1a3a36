import { SmartantError, toSmartantError } from '@smartant/kernel';
import { poisoned, type HeldShard } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { changesObjects, stageAfter, type Stage } from '../../domain/stages';
import { cleanUp } from '../stages/clean-up';
import { assertWithinDeleteLimit, deleteExtras } from '../stages/delete-extras';
import { endRun, failRun, failureOf, logEnd, type EndTools } from '../stages/end-run';
import { finishRun } from '../stages/finish-run';
import { planRun } from '../stages/plan-run';
import { prepareRun } from '../stages/prepare-run';
import type { StageTools, StageWork } from '../stages/stage';
import { syncRange } from '../stages/sync-range';
import { verifyRange } from '../stages/verify-range';
import type { SecretSource } from '../ports/secrets';
import type { Tx } from '../ports/stores';
import type { RunContexts } from './run-contexts';

const WORK: Record<Stage, StageWork> = {
  prepare: prepareRun,
  plan: planRun,
  sync: syncRange,
  delete: deleteExtras,
  verify: verifyRange,
  finish: finishRun,
  cleanup: cleanUp,
};

export interface ProcessShardOptions extends EndTools {
  contexts: RunContexts;
  secrets: SecretSource;
  /** How long an endpoint may be away before a run gives up. */
  outageLimitMs?: number;
}

const HOUR_MS = 3_600_000;
/** What should not happen is tried again this often: it may be the process, and another one has better luck. */
const UNEXPECTED_ATTEMPTS = 5;

/** Works on whatever shard this process has claimed, and decides what an error means for its run. */
export class ProcessShard {
  private readonly tools: StageTools;

  constructor(private readonly options: ProcessShardOptions) {
    this.tools = { ...options, advance: (tx, context, finished) => this.advance(tx, context.run, finished as Stage) };
  }

  /** The handler of `ShardWorkers`. */
  async handle(shard: HeldShard): Promise<void> {
    const { stores, unitOfWork, observer, contexts } = this.options;
    const run = await stores.runs.find(unitOfWork, shard.claim.runId);
    const stage = shard.claim.kind as Stage;
    if (!run) throw new SmartantError('RUN_NOT_FOUND', `Run ${shard.claim.runId} is gone.`, { kind: 'not-found' });
    const attributes = {
      'smartant.workspace': run.workspaceId,
      'smartant.migration': run.migrationId,
      'smartant.run': run.runId,
      'smartant.shard': shard.claim.shardId,
      'smartant.stage': stage,
    };
    const work = async (): Promise<void> => {
      try {
        await contexts.use(run, stage === 'verify', (context) => WORK[stage](shard, context, this.tools));
      } catch (thrown) {
        // A lease that is gone says nothing about the run: whoever has the shard now goes on with it.
        if (shard.signal.aborted || toSmartantError(thrown).code === 'SHARD_LEASE_LOST') return;
        await this.judge(toSmartantError(thrown), run, shard);
      }
    };
    await observer.underTrace(run.trace, () => observer.span(`${run.phase} ${stage}`, attributes, work));
  }

  /** Ends the run of a shard over which one process after another has died. */
  async giveUp(shard: HeldShard): Promise<void> {
    const { stores, unitOfWork, observer } = this.options;
    const run = await stores.runs.find(unitOfWork, shard.claim.runId);
    const error = poisoned(shard.claim.shardId, shard.claim.takeovers);
    observer.failure('run failed', { 'smartant.stage': shard.claim.kind }, error);
    if (run) await failRun(run, error, this.options, shard.claim);
  }

  /** Fails the run for what waiting does not cure; raises the rest, so that the shard is tried again. */
  private async judge(error: SmartantError, run: Run, shard: HeldShard): Promise<void> {
    const { attempts, failingForMs } = shard.claim;
    if (error.code === 'STORAGE_CREDENTIALS_INVALID') {
      // They may have been renewed since they were resolved.
      this.options.secrets.forget(run, run.source);
      this.options.secrets.forget(run, run.target);
    }
    if (mayPass(error, attempts) && failingForMs < (this.options.outageLimitMs ?? HOUR_MS)) throw error;
    this.options.observer.failure('run failed', { 'smartant.stage': shard.claim.kind }, error);
    await failRun(run, error, this.options, shard.claim);
  }

  /** Adds the next stage's shards; skips stages with nothing to do. */
  private async advance(tx: Tx, run: Run, finished: Stage): Promise<void> {
    const { shards } = this.options;
    const ranges = await shards.finished(tx, run.runId, 'sync');
    for (let stage = stageAfter(run.phase, finished); stage; stage = stageAfter(run.phase, stage)) {
      if (stage === 'delete') {
        const candidates = ranges.reduce((sum, shard) => sum + (shard.ledger.deleteCandidates ?? 0), 0);
        if (candidates === 0) continue;
        try {
          assertWithinDeleteLimit(candidates, run.scope.maxDeletes);
        } catch (error) {
          const ending = { status: 'failed' as const, error: failureOf(toSmartantError(error)) };
          return logEnd(await endRun(tx, run.runId, ending, this.options), this.options.observer);
        }
      }
      const wanted = ranges.filter((shard) => stage !== 'delete' || (shard.ledger.deleteCandidates ?? 0) > 0);
      const next = stage === 'finish' ? [{ range: null }] : wanted;
      // What a former holder has sent may reach the target until the horizon: nothing is deleted or proved before it.
      return shards.addShards(
        tx,
        run.runId,
        next.map(({ range }, ordinal) => ({ kind: stage as Stage, ordinal, range, writes: changesObjects(stage as Stage) })),
        { afterZombies: stage === 'delete' || stage === 'verify' },
      );
    }
  }
}

/** The scheduler refuses credentials while it changes a run's state; it ends the run itself if it means it. */
function mayPass(error: SmartantError, attempts: number): boolean {
  if (error.retryable) return true;
  if (error.code === 'STORAGE_CREDENTIALS_INVALID') return attempts < 1;
  if (error.code.startsWith('CREDENTIAL_')) return attempts < 30;
  return error.code === 'INTERNAL_ERROR' && attempts < UNEXPECTED_ATTEMPTS;
}
