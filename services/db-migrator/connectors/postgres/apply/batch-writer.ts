import { formatLsn, type Lsn } from '../replication/lsn';
import type { PgSession } from '../session/pg-session';
import { ApplierPositions } from './applier-positions';
import type { ApplyStep } from './apply-step';
import type { BatchPlan, ChangeBatch } from './change-batch';
import { ChangeWriter, type Conflict } from './change-writer';
import type { Change } from './changes';
import type { PutAside } from './put-aside';
import { shareChanges } from './share-changes';
import type { TargetTable } from './target-table';
import { MOVE_POSITION, staleEpoch, type ClaimedPosition, type PositionOwner } from './stream-position';

export interface BatchWriterOptions {
  /** Of the first applier, which moves the position. */
  session: PgSession;
  /** Opens those of the others. Asked once, when there is enough to be shared out; with none, one applier does it all. */
  openOthers: () => Promise<PgSession[]>;
  /** A batch of fewer changes is written sooner by one applier than shared out; default: 2,000. */
  shareFrom?: number;
  owner: PositionOwner;
  claimed: ClaimedPosition;
  keepOrder: boolean;
  putAside: PutAside;
  onConflict: (conflict: Conflict) => void;
  reached: (step: ApplyStep) => Promise<void> | void;
}

const SHARE_FROM = 2_000;

/**
 * Writes batches to the target, and with each that ends with a whole transaction the position. A batch that is shared out is committed by the
 * other appliers first, each with a position of its own, and at last by the first with the position of all: until then it is unfinished,
 * and whoever begins from the position leaves out what those of the others say to be done.
 */
export class BatchWriter {
  private readonly first: ChangeWriter;
  private others: ChangeWriter[] = [];
  private opening: Promise<void> | undefined;
  private readonly positions: ApplierPositions;
  private committed: Promise<void> = Promise.resolve();
  /** One applier wrote the batch before, whose rows may be anybody's in the next one. */
  private wasWhole = false;
  /** What was written last is to be committed together with what comes next. */
  private isHeld = false;
  private changes = 0;
  private transactions = 0;

  constructor(private readonly options: BatchWriterOptions) {
    this.first = new ChangeWriter(options);
    this.positions = new ApplierPositions(options.session, options.owner, options.claimed);
  }

  /**
   * `to`: where the position goes, when the batch ends with a whole transaction. Resolves when the batch is written and its commit under way,
   * with what resolves once that is durable; the next batch may be written meanwhile.
   */
  async write(batch: ChangeBatch, to: Lsn | undefined): Promise<{ durable: Promise<void> }> {
    const { reached } = this.options;
    const plan = this.fits(batch.plan, to) ? batch.plan : this.planOf(batch, to);
    this.isHeld = to === undefined;
    await reached('begun');
    this.changes += batch.count;
    this.transactions += batch.transactions;
    const last = to === undefined ? undefined : () => this.movePosition(to, batch.committedAtMs);
    const whole = plan.shares.length === 1;
    if (whole) await this.first.write(plan.shares[0] ?? [], { prepared: plan.statements[0], last });
    else await this.writeShares(plan, to!);
    this.wasWhole = whole;
    await reached('written');
    if (to === undefined) return { durable: Promise.resolve() };
    // What came before has to be durable first: where it is undone, this is undone as well.
    await this.committed;
    if (!whole) {
      await Promise.all(this.others.map((other) => other.commit()));
      await reached('part-committed');
      await last?.();
    }
    await reached('position-moved');
    this.changes = this.transactions = 0;
    this.committed = this.first.commit().then(() => reached('committed'));
    this.committed.catch(() => undefined);
    return { durable: this.committed };
  }

  /** Works out the statements of a batch while the one before it is being written. */
  prepare(batch: ChangeBatch, to: Lsn | undefined): void {
    batch.plan = this.planOf(batch, to);
  }

  /** The transaction that the next batch is written in; nothing is shared out until it is committed. */
  begin(): Promise<void> {
    this.isHeld = true;
    return this.first.begin();
  }

  /** Of the first applier; what is asked and changed here while a transaction is held belongs to it. */
  get session(): PgSession {
    return this.first.session;
  }

  /** Everything before it was applied when this began. */
  get position(): Lsn {
    return this.options.claimed.lsn;
  }

  /** Its changes may come from now on. */
  learn(table: TargetTable): void {
    this.positions.learn(table);
  }

  /** Some of what comes may be done already: `isDone` has to be asked. */
  get hasUnfinished(): boolean {
    return this.options.claimed.unfinished !== null;
  }

  /** An applier has it already. Of rows that were added, one. `commitLsn`: of its transaction. */
  isDone(change: Change, commitLsn: Lsn | undefined): boolean {
    return this.positions.isDone(change, commitLsn);
  }

  private planOf({ changes, count }: ChangeBatch, to: Lsn | undefined): BatchPlan {
    const isWorthIt = count >= (this.options.shareFrom ?? SHARE_FROM);
    const mayShare = isWorthIt && this.mayShare(to);
    // Until they are there it goes on as before.
    if (isWorthIt) this.opening ??= this.openOthers();
    const shares = (mayShare ? shareChanges(changes, this.others.length + 1) : null) ?? [changes];
    return { shares, statements: shares.map((share) => this.first.plan(share)) };
  }

  private async openOthers(): Promise<void> {
    await this.options.reached('joining');
    const sessions = await this.options.openOthers();
    this.others = sessions.map((session) => new ChangeWriter({ ...this.options, session }));
    await this.options.reached('joined');
  }

  private fits(plan: BatchPlan | undefined, to: Lsn | undefined): plan is BatchPlan {
    return plan !== undefined && (plan.shares.length === 1 || this.mayShare(to));
  }

  private mayShare(to: Lsn | undefined): boolean {
    return to !== undefined && this.others.length > 0 && !this.isHeld && !this.options.keepOrder && this.positions.isFinished;
  }

  private async writeShares({ shares, statements }: BatchPlan, to: Lsn): Promise<void> {
    if (this.positions.hasToRecord) {
      // Else what tells of an unfinished batch would be overwritten.
      await this.committed;
      await this.positions.record(this.others.length + 1);
    }
    // What one applier wrote is seen by the others once it is committed: until then an update of theirs would meet nothing.
    const seen = this.wasWhole ? this.committed : Promise.resolve();
    await Promise.all([
      this.first.write(shares[0] ?? [], { prepared: statements[0], isShare: true }),
      ...this.others.map(async (other, index) => {
        await seen;
        await other.write(shares[index + 1] ?? [], {
          prepared: statements[index + 1],
          last: () => this.positions.move(other.session, index + 1, to),
          isShare: true,
        });
      }),
    ]);
  }

  private async movePosition(to: Lsn, committedAtMs: number): Promise<void> {
    const { owner } = this.options;
    const met = await this.first.session.executePrepared('position', MOVE_POSITION, [
      owner.migrationId,
      owner.slot.name,
      String(owner.epoch),
      formatLsn(to),
      committedAtMs > 0 ? new Date(committedAtMs).toISOString() : null,
      String(this.transactions),
      String(this.changes),
    ]);
    if (met !== 1) throw staleEpoch(owner.migrationId);
    this.positions.reached(to);
  }
}
