import { toSmartantError, type SmartantError } from '@smartant/kernel';
import { addToLedger, sumLedgers, type HeldShard, type LedgerCounters, type ShardStore } from '@smartant/shards';
import type { Run } from '../run';
import type { Tx, UnitOfWork } from '../stores';
import type { TransferMeter } from '../transfer-meter';
import type { StageStores } from './stage-stores';
import type { StageLedger } from './staged-kind';

/** Often enough for the ledger to follow within a second. */
const SAVE_MS = 500;

export interface StageCountersOptions<R extends Run> {
  shard: HeldShard;
  run: R;
  stage: string;
  ledger: StageLedger;
  meter: TransferMeter;
  unitOfWork: UnitOfWork;
  shards: Pick<ShardStore, 'position' | 'summary' | 'assertHeld'>;
  stores: Pick<StageStores<R>, 'runs' | 'counts' | 'failures'>;
}

/**
 * Takes what a stage counts to the ledger, by checkpoints, and never twice: neither when the stage is begun anew (`StageLedger`) nor when the answer to a checkpoint is lost.
 */
export class StageCounters<R extends Run = Run> {
  private pending: LedgerCounters = {};
  /** What this holder was told so far, of that which is told again. */
  private told: LedgerCounters = {};
  /** What the ledger holds from holders before and this one was not told again yet: until then it is not counted once more. */
  private owed: LedgerCounters = {};
  private countsChanged = false;
  private quarantined = 0;
  private change: Partial<R> | null = null;
  private saves = 0;
  /** A checkpoint whose answer was lost. */
  private unsure: { mark: string; added: LedgerCounters } | null = null;
  private saving: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private readonly broken = new AbortController();

  constructor(private readonly options: StageCountersOptions<R>) {}

  /** Aborts when counters can't be kept for another reason than a database that is away. */
  get signal(): AbortSignal {
    return this.broken.signal;
  }

  async begin(): Promise<void> {
    const { run, stage, stores, unitOfWork, shards, ledger } = this.options;
    const before = await stores.counts.find(unitOfWork, run.migrationId, stage);
    if (before) this.owed = ledger.countedBefore(before.counted, before.runId === run.runId);
    this.quarantined = (await shards.summary(run.runId))?.ledger[ledger.quarantined] ?? 0;
    await this.countQuarantined();
    this.timer = setInterval(() => this.save(), SAVE_MS);
    this.timer.unref();
  }

  add(counts: LedgerCounters): void {
    for (const [field, count] of Object.entries(counts)) {
      if (!this.options.ledger.isToldAgain(field, this.options.stage)) {
        addToLedger(this.pending, { [field]: count });
        continue;
      }
      const known = Math.max(0, Math.min(this.owed[field] ?? 0, count));
      addToLedger(this.pending, { [field]: count - known });
      addToLedger(this.owed, { [field]: -known });
      addToLedger(this.told, { [field]: count });
      this.countsChanged = true;
    }
  }

  /** Something of the run that is kept with it soon; what is told later takes its place. */
  tell(change: Partial<R>): void {
    this.change = { ...this.change, ...change };
  }

  /** Units that are aside are counted as of now, whichever run put them there. */
  async countQuarantined(): Promise<void> {
    const { stores, unitOfWork, run, ledger } = this.options;
    const unresolved = await stores.failures.unresolved(unitOfWork, run.migrationId);
    const open = [...unresolved.values()].filter((state) => state === 'open').length;
    addToLedger(this.pending, { [ledger.quarantined]: open - this.quarantined });
    this.quarantined = open;
  }

  /** Nothing is saved by itself any more, and what was being saved is known to be or not to be. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.saving;
    await this.settle();
    if (!this.options.shard.isLost) await this.saveChange();
  }

  /** The stage is done: what was not told again stands no longer. */
  takeLast(): ReturnType<StageCounters<R>['take']> {
    for (const [field, count] of Object.entries(this.owed)) addToLedger(this.pending, { [field]: -count });
    this.owed = {};
    this.countsChanged = true;
    return this.take();
  }

  /** What no checkpoint holds yet, for the one that the caller writes; `also` belongs into its transaction. */
  private take(): { position: { mark: string }; ledger: LedgerCounters; also: (tx: Tx) => Promise<void> } {
    const { run, stage, stores } = this.options;
    const [ledger, counted] = [nonZero(this.pending), this.countsChanged && sumLedgers(this.told, this.owed)];
    this.pending = {};
    this.countsChanged = false;
    this.saves += 1;
    const also = async (tx: Tx): Promise<void> => {
      if (counted) await stores.counts.save(tx, run.migrationId, stage, run.runId, nonZero(counted));
    };
    return { position: { mark: `${this.options.shard.claim.epoch}.${this.saves}` }, ledger, also };
  }

  /** A last checkpoint of a stage that is handed back; nothing where the shard is not ours any more. */
  async saveLast(): Promise<void> {
    const { shard } = this.options;
    await this.stop();
    if (shard.isLost || shard.isSettled || !this.hasCounted) return;
    const { position, ledger, also } = this.take();
    await shard.checkpoint({ position, ledger }, also);
  }

  private save(): void {
    if (this.saving || this.options.shard.isLost) return;
    this.saving = this.saveNow()
      .catch((error: unknown) => this.failed(toSmartantError(error)))
      .finally(() => (this.saving = null));
  }

  private async saveNow(): Promise<void> {
    await this.settle();
    if (this.hasCounted) await this.saveCounts();
    await this.saveChange();
  }

  private async saveCounts(): Promise<void> {
    const { position, ledger, also } = this.take();
    this.unsure = { mark: position.mark, added: ledger };
    await this.options.shard.checkpoint({ position, ledger }, also);
    this.saved(ledger);
  }

  /** A checkpoint is a sign of progress, after which failures are counted anew: a stage that fails again and again must not give one for nothing. */
  private get hasCounted(): boolean {
    return Object.keys(nonZero(this.pending)).length > 0;
  }

  private async saveChange(): Promise<void> {
    const { change } = this;
    if (!change) return;
    const { unitOfWork, shards, stores, shard, run } = this.options;
    await unitOfWork.transaction(async (tx) => {
      await shards.assertHeld(tx, shard.claim);
      await stores.runs.update(tx, run.runId, change);
    });
    if (this.change === change) this.change = null;
  }

  /** Finds out what became of a checkpoint whose answer was lost. */
  private async settle(): Promise<void> {
    if (!this.unsure) return;
    const { mark, added } = this.unsure;
    const position = (await this.options.shards.position(this.options.shard.claim)) as { mark?: string } | null;
    if (position?.mark === mark) return this.saved(added);
    addToLedger(this.pending, added);
    this.countsChanged = true;
    this.unsure = null;
  }

  private saved({ copiedBytes = 0, verifiedBytes = 0, appliedBytes = 0 }: LedgerCounters): void {
    this.unsure = null;
    this.options.meter.saved(copiedBytes + verifiedBytes + appliedBytes);
  }

  /** A database that is away comes back, or the lease runs out meanwhile. */
  private failed(error: SmartantError): void {
    if (!error.retryable && !this.options.shard.isLost) this.broken.abort(error);
  }
}

function nonZero(counters: LedgerCounters): LedgerCounters {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0));
}
