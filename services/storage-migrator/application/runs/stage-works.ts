import { toSmartantError } from '@smartant/kernel';
import { endRun, failureOf, logEnd, type EndTools } from '@smartant/runs';
import type { HeldShard } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { changesObjects, stageAfter, type Stage } from '../../domain/stages';
import type { Observer } from '../ports/observer';
import type { Stores, Tx } from '../ports/stores';
import { cleanUp } from '../stages/clean-up';
import { assertWithinDeleteLimit, deleteExtras } from '../stages/delete-extras';
import { finishRun } from '../stages/finish-run';
import { planRun } from '../stages/plan-run';
import { prepareRun } from '../stages/prepare-run';
import type { StageTools, StageWork } from '../stages/stage';
import { syncRange } from '../stages/sync-range';
import { verifyRange } from '../stages/verify-range';
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

export interface StageWorksOptions extends EndTools<Run> {
  stores: Stores;
  observer: Observer;
  contexts: RunContexts;
}

/** Does what the stage of a shard asks for, and adds the shards of the next one. */
export class StageWorks {
  private readonly tools: StageTools;

  constructor(private readonly options: StageWorksOptions) {
    this.tools = { ...options, advance: (tx, context, finished) => this.advance(tx, context.run, finished as Stage) };
  }

  work(shard: HeldShard, run: Run): Promise<void> {
    const stage = shard.claim.kind as Stage;
    return this.options.contexts.use(run, stage === 'verify', (context) => WORK[stage](shard, context, this.tools));
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
