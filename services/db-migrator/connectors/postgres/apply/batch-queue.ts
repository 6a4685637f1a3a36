import type { Lsn } from '../replication/lsn';
import { AddedRows } from './added-rows';
import type { BatchWriter } from './batch-writer';
import { ChangeBatch } from './change-batch';
import type { Change } from './changes';
import type { TargetTable } from './target-table';

/** So many are written at once where nothing is being written; while something is, more are gathered. */
const EAGER_CHANGES = 2_000;

export interface BatchQueueOptions {
  writer: BatchWriter;
  /** Everything before the position. */
  applied: Lsn;
  /** Something was written, or failed. */
  notify: () => void;
  onWritten: (batch: ChangeBatch) => void;
  /** Everything before it is durable at the target. */
  onApplied: (to: Lsn) => Promise<void> | void;
}

/** Gathers changes into batches and has them written one after the other, while the next one is gathered. */
export class BatchQueue {
  /** Position of the commit that is being read; undefined between transactions. */
  commitLsn: Lsn | undefined;
  applied: Lsn;
  failure: unknown;
  /** When the oldest change that is not applied yet was committed, by the source's clock. */
  pendingSinceMs: number | undefined;
  private committedAtMs = 0;
  private batch = new ChangeBatch();
  private writing: Promise<void> | undefined;
  private written: ChangeBatch | undefined;
  private settling: Promise<void> | undefined;

  constructor(private readonly options: BatchQueueOptions) {
    this.applied = options.applied;
  }

  begin(commitLsn: Lsn, committedAtMs: number): void {
    this.commitLsn = commitLsn;
    this.committedAtMs = committedAtMs;
    this.pendingSinceMs ??= committedAtMs;
  }

  /** Waits where as much is gathered as may be. */
  add(change: Change, bytes: number): Promise<void> | undefined {
    if (this.options.writer.isDone(change, this.commitLsn)) return undefined;
    this.batch.add(change, bytes);
    return this.batch.isOverfull ? this.rotate() : undefined;
  }

  /** As `add`, for a row that was added: it begins in `block` at `begin`. */
  addRow(table: TargetTable, block: Buffer, begin: number, bytes: number): Promise<void> | undefined {
    const { writer } = this.options;
    if (writer.hasUnfinished && writer.isDone({ kind: 'insert', table, rows: new AddedRows([block], [begin]) }, this.commitLsn))
      return undefined;
    this.batch.addRow(table, block, begin, bytes);
    return this.batch.isOverfull ? this.rotate() : undefined;
  }

  commit(endLsn: Lsn): Promise<void> | undefined {
    this.batch.endTransaction(endLsn, this.committedAtMs);
    this.commitLsn = undefined;
    if (this.batch.isFull) return this.rotate();
    if (!this.writing && this.batch.count >= EAGER_CHANGES) this.startWrite();
    return undefined;
  }

  /** Nothing is being read, written or waiting. */
  get isIdle(): boolean {
    return !this.writing && !this.settling && this.batch.isEmpty && this.commitLsn === undefined;
  }

  /** Nothing more is there to be read: what ends with a whole transaction goes to the target, unless something is on its way already. */
  flush(): void {
    if (!this.writing && this.commitLsn === undefined && !this.batch.isEmpty) this.startWrite();
  }

  /** Moves the position to where the source has nothing for us. Only when idle. */
  skipTo(lsn: Lsn): void {
    this.batch.endLsn = lsn;
    this.startWrite();
  }

  /** Until everything that was read is written, so that the target can be asked and changed. */
  async settle(): Promise<void> {
    await this.rotate();
    await this.writing;
    await this.settling;
    this.assertNotFailed();
  }

  /** Until nothing is under way any more, whatever becomes of it. */
  async close(): Promise<void> {
    await this.writing;
    await this.settling;
  }

  assertNotFailed(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  fail(error: unknown): void {
    this.failure ??= error;
    this.options.notify();
  }

  /** Hands the batch to the writer when the one before is written. */
  private async rotate(): Promise<void> {
    if (this.writing && this.batch.count > 0) this.options.writer.prepare(this.batch, this.endOf(this.batch));
    await this.writing;
    this.assertNotFailed();
    if (this.batch.count > 0 || (this.commitLsn === undefined && this.batch.endLsn !== undefined)) this.startWrite();
  }

  /** Undefined in the middle of a transaction. */
  private endOf(batch: ChangeBatch): Lsn | undefined {
    return this.commitLsn === undefined ? batch.endLsn : undefined;
  }

  private startWrite(): void {
    const { batch } = this;
    const to = this.endOf(batch);
    this.batch = new ChangeBatch();
    this.written = batch;
    this.writing = this.write(batch, to)
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.writing = undefined;
        this.options.notify();
      });
  }

  private async write(batch: ChangeBatch, to: Lsn | undefined): Promise<void> {
    const { durable } = await this.options.writer.write(batch, to);
    if (to === undefined) return this.options.onWritten(batch);
    const settling = durable
      .then(() => this.settled(batch, to))
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        if (this.settling === settling) this.settling = undefined;
        this.options.notify();
      });
    this.settling = settling;
  }

  private async settled(batch: ChangeBatch, to: Lsn): Promise<void> {
    this.options.onWritten(batch);
    this.applied = to;
    const next = this.written === batch ? undefined : this.written?.oldestMs;
    this.pendingSinceMs = next ?? this.batch.oldestMs ?? (this.commitLsn === undefined ? undefined : this.committedAtMs);
    await this.options.onApplied(to);
  }
}
