import type { SmartantError } from '@smartant/kernel';
import type { HeldShard, Json } from '@smartant/shards';
import { endRun, failRun, failureOf, logEnd, type EndedRun, type Ending, type EndTools } from '../end-run';
import type { Run } from '../run';
import type { Tx } from '../stores';
import type { StageCounters } from './stage-counters';
import type { StageStores } from './stage-stores';
import { RELEASE_STAGE, REOPEN_STAGE, type GivingBack, type StagedKind, type StageOutcome } from './staged-kind';

export interface StageEndingsOptions<R extends Run, Outcome extends StageOutcome> extends EndTools<R> {
  stores: StageStores<R>;
  kind: StagedKind<R, Outcome>;
}

/** What comes after a stage: its results are kept and the next one is added, or the run ends, in one transaction. */
export class StageEndings<R extends Run, Outcome extends StageOutcome> {
  constructor(private readonly options: StageEndingsOptions<R, Outcome>) {}

  /** `retried`: units that were to be tried again when the stage began; `counters`: null where it counts nothing. */
  async complete(
    stage: string,
    shard: HeldShard,
    run: R,
    outcome: Outcome,
    counters: StageCounters<R> | null,
    retried: string[],
  ): Promise<void> {
    const { position, ledger, also } = counters?.takeLast() ?? { position: null, ledger: {}, also: () => Promise.resolve() };
    let ended: EndedRun | null = null;
    await shard.complete(
      { position, ledger },
      {
        also: async (tx) => {
          await also(tx);
          await this.keep(tx, run, stage, outcome, retried);
        },
        onLast: async (tx) => void (ended = await this.goOn(tx, run, stage, outcome, shard.claim.range)),
      },
    );
    logEnd(ended, this.options.observer);
  }

  /**
   * A run that cannot go on fails, but a cutover gives the source back first as long as the target is closed, so that nothing stands still
   * because of a migration that does not get on.
   */
  async fail(run: R, error: SmartantError, { claim }: HeldShard): Promise<void> {
    const { kind } = this.options;
    const stage = claim.kind;
    if (kind.isGivenBackBy(run, stage)) return this.giveBack(run, error, claim);
    if (!isGivenBack(run, stage)) return failRun(run, error, this.options, claim);
    const { error: cause } = claim.range as unknown as GivingBack;
    const ending: Ending = { status: 'failed', error: cause ?? failureOf(error), findings: [kind.stillFrozen(error)] };
    logEnd(await this.inNameOf(run, claim, (tx) => endRun(tx, run.runId, ending, this.options)), this.options.observer);
  }

  private giveBack(run: R, error: SmartantError, claim: HeldShard['claim']): Promise<void> {
    return this.inNameOf(run, claim, async (tx) => {
      await this.options.shards.cancelShards(tx, run.runId);
      await this.add(tx, run, REOPEN_STAGE, { error: failureOf(error) });
    });
  }

  private inNameOf<T>(run: R, claim: HeldShard['claim'], work: (tx: Tx) => Promise<T>): Promise<T> {
    const { unitOfWork, shards } = this.options;
    return unitOfWork.transaction(async (tx) => {
      await shards.lockRun(tx, run.runId);
      await shards.assertHeld(tx, claim);
      return work(tx);
    });
  }

  /** What a stage brought, in the transaction of its completion. */
  private async keep(tx: Tx, run: R, stage: string, outcome: Outcome, retried: string[]): Promise<void> {
    const { stores, kind } = this.options;
    const { findings = [], verification } = outcome;
    const current = await stores.runs.find(tx, run.runId);
    const change = { findings: [...(current ?? run).findings, ...findings], ...kind.keep(outcome, new Date().toISOString()) };
    await stores.runs.update(tx, run.runId, change);
    if (verification?.equal !== false) await this.settle(tx, run, retried);
    const isLeft = findings.some(({ code }) => code === kind.release.leftBehindCode);
    if (stage === RELEASE_STAGE && !isLeft) await stores.states.released(tx, run.migrationId);
  }

  /** Units that were tried again are in order, unless they were put aside anew. */
  private async settle(tx: Tx, run: R, retried: string[]): Promise<void> {
    if (retried.length === 0) return;
    const { failures } = this.options.stores;
    const unresolved = await failures.unresolved(tx, run.migrationId);
    for (const unit of retried) if (unresolved.get(unit) === 'retrying') await failures.resolve(tx, run.migrationId, unit);
  }

  private async goOn(tx: Tx, run: R, stage: string, outcome: Outcome, range: Json): Promise<EndedRun | null> {
    if (run.status === 'cancelling') return endRun(tx, run.runId, { status: 'cancelled' }, this.options);
    if (isGivenBack(run, stage)) {
      const { error } = range as unknown as GivingBack;
      return endRun(tx, run.runId, error ? { status: 'failed', error } : { status: 'succeeded' }, this.options);
    }
    // Whoever asked for the cutover hears of the differences; until then the source goes on serving.
    const giving = this.options.kind.givesBack(run, stage, outcome);
    const next = giving ? REOPEN_STAGE : this.options.kind.stageAfter(run, stage);
    if (next === null) return endRun(tx, run.runId, { status: 'succeeded' }, this.options);
    await this.add(tx, run, next, giving);
    return null;
  }

  /** What a former holder sent cannot land late: an engine fences its writes by the epoch. So no stage waits for zombies. */
  private add(tx: Tx, run: R, stage: string, range: GivingBack | null): Promise<void> {
    return this.options.shards.addShards(tx, run.runId, [{ kind: stage, ordinal: 0, range: range as unknown as Json, writes: false }]);
  }
}

function isGivenBack({ phase }: Run, stage: string): boolean {
  return phase === 'cutover' && stage === REOPEN_STAGE;
}
