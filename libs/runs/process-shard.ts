import { SmartantError, toSmartantError } from '@smartant/kernel';
import { poisoned, type HeldShard } from '@smartant/shards';
import { failRun, type EndTools } from './end-run';
import type { Run } from './run';
import type { SecretSource } from './secrets';

export interface ProcessShardOptions<R extends Run> extends EndTools<R> {
  secrets: Pick<SecretSource, 'forget'>;
  /** Works on a shard until it is completed or its signal aborts; what it raises meanwhile is judged here. */
  work: (shard: HeldShard, run: R) => Promise<void>;
  /** The code with which endpoints refuse credentials. */
  credentialsInvalidCode: string;
  /** What is done for a run that cannot go on, in the name of its shard; it is failed at once where absent. */
  fail?: (run: R, error: SmartantError, shard: HeldShard) => Promise<void>;
  /** How long an endpoint may be away before a run gives up. */
  outageLimitMs?: number;
}

const GOES_ON_ELSEWHERE = new Set(['SHARD_LEASE_LOST', 'SHARD_HANDED_BACK']);
const HOUR_MS = 3_600_000;
/** What should not happen is tried again this often: it may be the process, and another one has better luck. */
const UNEXPECTED_ATTEMPTS = 5;

/** Works on whatever shard this process has claimed, and decides what an error means for its run. */
export class ProcessShard<R extends Run> {
  constructor(private readonly options: ProcessShardOptions<R>) {}

  /** The handler of `ShardWorkers`. */
  async handle(shard: HeldShard): Promise<void> {
    const { stores, unitOfWork, observer } = this.options;
    const run = await stores.runs.find(unitOfWork, shard.claim.runId);
    const stage = shard.claim.kind;
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
        await this.options.work(shard, run);
      } catch (thrown) {
        // A lease that is gone, or is handed back, says nothing about the run: whoever has the shard next goes on with it.
        if (shard.signal.aborted || GOES_ON_ELSEWHERE.has(toSmartantError(thrown).code)) return;
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
    if (run) await this.fail(run, error, shard);
  }

  /** Fails the run for what waiting does not cure; raises the rest, so that the shard is tried again. */
  private async judge(error: SmartantError, run: R, shard: HeldShard): Promise<void> {
    const { attempts, failingForMs } = shard.claim;
    const refused = error.code === this.options.credentialsInvalidCode;
    if (refused) {
      // They may have been renewed since they were resolved.
      this.options.secrets.forget(run, run.source);
      this.options.secrets.forget(run, run.target);
    }
    const passes = refused ? attempts < 1 : mayPass(error, attempts);
    if (passes && failingForMs < (this.options.outageLimitMs ?? HOUR_MS)) throw error;
    this.options.observer.failure('run failed', { 'smartant.stage': shard.claim.kind }, error);
    await this.fail(run, error, shard);
  }

  private fail(run: R, error: SmartantError, shard: HeldShard): Promise<void> {
    return this.options.fail ? this.options.fail(run, error, shard) : failRun(run, error, this.options, shard.claim);
  }
}

/** The scheduler refuses credentials while it changes a run's state; it ends the run itself if it means it. */
function mayPass(error: SmartantError, attempts: number): boolean {
  if (error.retryable) return true;
  if (error.code.startsWith('CREDENTIAL_')) return attempts < 30;
  return error.code === 'INTERNAL_ERROR' && attempts < UNEXPECTED_ATTEMPTS;
}
