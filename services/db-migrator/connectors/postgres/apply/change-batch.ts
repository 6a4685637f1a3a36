import type { Lsn } from '../replication/lsn';
import { addRow, type Change } from './changes';
import type { Statement } from './statements';
import type { TargetTable } from './target-table';

const MOST_CHANGES = 20_000;
const MOST_BYTES = 8 << 20;
/** Of what its rows stand in: a small row keeps all that came with it, which may be others' large ones that are left out. */
const MOST_HELD_BYTES = 32 << 20;

/** Changes by the applier that writes them, with its statements. */
export interface BatchPlan {
  shares: readonly (readonly Change[])[];
  statements: readonly (readonly Statement[])[];
}

/** What is written to the target at once: changes of many transactions of the source, or a part of a large one. */
export class ChangeBatch {
  readonly changes: Change[] = [];
  /** Of rows, and truncations. */
  count = 0;
  bytes = 0;
  private heldBytes = 0;
  private heldBlock: Buffer | undefined;
  transactions = 0;
  /** End of the last whole transaction, and when it and the first were committed. */
  endLsn: Lsn | undefined;
  committedAtMs = 0;
  oldestMs: number | undefined;

  /** How its changes are written, where that was worked out ahead. */
  plan: BatchPlan | undefined;

  add(change: Change, bytes: number): void {
    this.changes.push(change);
    if (change.kind !== 'truncate' && change.kind !== 'insert') this.hold((change.kind === 'update' ? change.row : change.old).bytes);
    this.count += 1;
    this.plan = undefined;
    this.bytes += bytes;
  }

  addRow(table: TargetTable, block: Buffer, begin: number, bytes: number): void {
    addRow(this.changes, table, block, begin);
    this.hold(block);
    this.count += 1;
    this.plan = undefined;
    this.bytes += bytes;
  }

  endTransaction(endLsn: Lsn, committedAtMs: number): void {
    this.transactions += 1;
    this.endLsn = endLsn;
    this.committedAtMs = committedAtMs;
    this.oldestMs ??= committedAtMs;
  }

  private hold(block: Buffer): void {
    if (block === this.heldBlock) return;
    this.heldBlock = block;
    this.heldBytes += block.length;
  }

  /** To be written at the end of the transaction. */
  get isFull(): boolean {
    return this.count >= MOST_CHANGES || this.bytes >= MOST_BYTES || this.heldBytes >= MOST_HELD_BYTES;
  }

  /** To be written although its last transaction is not whole. */
  get isOverfull(): boolean {
    return this.count >= 2 * MOST_CHANGES || this.bytes >= 2 * MOST_BYTES || this.heldBytes >= 2 * MOST_HELD_BYTES;
  }

  get isEmpty(): boolean {
    return this.count === 0 && this.endLsn === undefined;
  }
}
