import type { SmartantError } from '@smartant/kernel';
import { endRun, failRun, failureOf, logEnd, type EndedRun, type Ending, type EndTools, type Finding, type RunError } from '@smartant/runs';
import type { HeldShard, Json } from '@smartant/shards';
import type { Run } from '../../domain/run';
import { isGivenBackBy, stageAfter, type DatabaseStage, type Stage } from '../../domain/stages';
import { keepVerification } from '../../domain/verification';
import type { StageResult } from '../ports/database-engine';
import type { Stores, Tx } from '../ports/stores';
import { isLeftBehind } from './release-migration';
import type { StageCounters } from './stage-counters';

export interface StageEndingsOptions extends EndTools<Run> {
  stores: Stores;
}

/** Why a cutover gives its source back: what it fails with, or null where the sides differ. The range of the shard that does it. */
type GivingBack = { error: RunError | null };

/** What comes after a stage: its results are kept and the next one is added, or the run ends, in one transaction. */
export class StageEndings {
  constructor(private readonly options: StageEndingsOptions) {}

  /** `retried`: tables that were to be tried again when the stage began; `counters`: null where it counts nothing. */
  async complete(
    stage: Stage,
    shard: HeldShard,
    run: Run,
    result: StageResult,
    counters: StageCounters | null,
    retried: string[],
  ): Promise<void> {
    const { position, ledger, also } = counters?.takeLast() ?? { position: null, ledger: {}, also: () => Promise.resolve() };
    let ended: EndedRun | null = null;
    await shard.complete(
      { position, ledger },
      {
        also: async (tx) => {
          await also(tx);
          await this.keep(tx, run, stage, result, retried);
        },
        onLast: async (tx) => void (ended = await this.goOn(tx, run, stage, result, shard.claim.range)),
      },
    );
    logEnd(ended, this.options.observer);
  }

  /**
   * A run that cannot go on fails, but a cutover gives the source back first as long as the target is closed, so that nothing stands still
   * because of a migration that does not get on.
   */
  async fail(run: Run, error: SmartantError, { claim }: HeldShard): Promise<void> {
    const stage = claim.kind as Stage;
    if (isGivenBackBy(run, stage)) return this.giveBack(run, error, claim);
    if (!(run.phase === 'cutover' && stage === 'reopen')) return failRun(run, error, this.options, claim);
    const { error: cause } = claim.range as GivingBack;
    const ending: Ending = { status: 'failed', error: cause ?? failureOf(error), findings: [stillFrozen(error)] };
    logEnd(await this.inNameOf(run, claim, (tx) => endRun(tx, run.runId, ending, this.options)), this.options.observer);
  }

  private giveBack(run: Run, error: SmartantError, claim: HeldShard['claim']): Promise<void> {
    return this.inNameOf(run, claim, async (tx) => {
      await this.options.shards.cancelShards(tx, run.runId);
      await this.add(tx, run, 'reopen', { error: failureOf(error) });
    });
  }

  private inNameOf<T>(run: Run, claim: HeldShard['claim'], work: (tx: Tx) => Promise<T>): Promise<T> {
    const { unitOfWork, shards } = this.options;
    return unitOfWork.transaction(async (tx) => {
      await shards.lockRun(tx, run.runId);
      await shards.assertHeld(tx, claim);
      return work(tx);
    });
  }

  /** What a stage brought, in the transaction of its completion. */
  private async keep(tx: Tx, run: Run, stage: Stage, result: StageResult, retried: string[]): Promise<void> {
    const { stores } = this.options;
    const { findings = [], verification, frozenAt, openedAt, estimate } = result;
    const current = await stores.runs.find(tx, run.runId);
    await stores.runs.update(tx, run.runId, {
      findings: [...(current ?? run).findings, ...findings],
      ...(verification && { verification: keepVerification(verification, new Date().toISOString()) }),
      ...(frozenAt !== undefined && { frozenAt }),
      ...(openedAt !== undefined && { openedAt }),
      ...(estimate && { expectedObjects: estimate.tables, expectedBytes: estimate.bytes }),
    });
    if (verification?.equal !== false) await this.settle(tx, run, retried);
    if (stage === 'release' && !findings.some(isLeftBehind)) await stores.states.released(tx, run.migrationId);
  }

  /** Tables that were tried again are in order, unless they were put aside anew. */
  private async settle(tx: Tx, run: Run, retried: string[]): Promise<void> {
    if (retried.length === 0) return;
    const { failures } = this.options.stores;
    const unresolved = await failures.unresolved(tx, run.migrationId);
    for (const unit of retried) if (unresolved.get(unit) === 'retrying') await failures.resolve(tx, run.migrationId, unit);
  }

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
    await this.add(tx, run, next, differs ? { error: null } : null);
    return null;
  }

  /** What a former holder sent cannot land late: an engine fences its writes by the epoch. So no stage waits for zombies. */
  private add(tx: Tx, run: Run, stage: DatabaseStage, range: GivingBack | null): Promise<void> {
    return this.options.shards.addShards(tx, run.runId, [{ kind: stage, ordinal: 0, range: range as Json, writes: false }]);
  }
}

function stillFrozen(error: SmartantError): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_STILL_FROZEN',
    message: `The cutover did not come to its end, and the source could not be opened for writing again: ${error.message}`,
    hint: 'Mend that and retry the cutover, or cancel the migration, which opens the source. By hand: reset default_transaction_read_only of the database and grant CONNECT again.',
    subject: 'source',
  };
}
