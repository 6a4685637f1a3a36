import { decodeMessage } from '../replication/decode-message';
import type { Lsn } from '../replication/lsn';
import type { StreamMessage } from '../replication/messages';
import type { SpilledTransactions } from '../replication/spilled-transactions';

const [STREAM_STOP, INSERT] = ['E', 'I'].map((letter) => letter.charCodeAt(0));

/** What a transaction consists of, as it is applied, beside rows that are added. */
export type TransactionPart = Extract<StreamMessage, { kind: 'insert' | 'update' | 'delete' | 'truncate' | 'relation' | 'message' }>;

/** Is told transactions one after the other, whole, in the order of their commits. What it returns is waited for. */
export interface TransactionVisitor {
  begin(commitLsn: Lsn, committedAtMs: number): void;
  /** `length`: bytes of the message. */
  take(part: TransactionPart, length: number): Promise<void> | undefined;
  /** A row that is added; its values (TupleData) begin in `bytes` at `begin`. Most messages of many streams are this, and nothing is made of them. */
  takeInsert(relationId: number, bytes: Buffer, begin: number, length: number): Promise<void> | undefined;
  commit(endLsn: Lsn): Promise<void> | undefined;
}

/** Puts messages of pgoutput together to transactions. What comes of one before it ends is kept until it is known to have committed. */
export class TransactionReader {
  /** The transaction whose changes are being sent before it ends; 0: none. */
  private streamed = 0;

  constructor(
    private readonly spilled: SpilledTransactions,
    private readonly visitor: TransactionVisitor,
  ) {}

  /** Between two pieces of a transaction that was not committed yet. */
  get isInPiece(): boolean {
    return this.streamed !== 0;
  }

  /** One message, from `begin` to `end`. */
  read(bytes: Buffer, begin: number, end: number): Promise<void> | undefined {
    if (this.streamed !== 0 && bytes[begin] !== STREAM_STOP) return this.spilled.add(this.streamed, bytes.subarray(begin, end));
    if (bytes[begin] === INSERT) return this.tellInsert(bytes, begin + 1, end - begin);
    const message = decodeMessage(bytes, begin, false);
    switch (message.kind) {
      case 'stream-start':
        this.streamed = message.transaction;
        this.spilled.begin(message.transaction);
        return undefined;
      case 'stream-stop':
        this.streamed = 0;
        return undefined;
      case 'stream-abort':
        return this.spilled.abort(message.transaction, message.subtransaction);
      case 'stream-commit':
        return this.replay(message);
      default:
        return this.tell(message, end - begin);
    }
  }

  private async replay(message: Extract<StreamMessage, { kind: 'stream-commit' }>): Promise<void> {
    const { transaction, commitLsn, endLsn, committedAtMs } = message;
    this.visitor.begin(commitLsn, committedAtMs);
    for await (const { bytes, bounds } of this.spilled.read(transaction)) {
      for (let at = 0; at < bounds.length; at += 2) {
        const begin = bounds[at] ?? 0;
        const waiting = this.replayOne(transaction, bytes, begin, (bounds[at + 1] ?? 0) - begin);
        if (waiting) await waiting;
      }
    }
    await this.spilled.drop(transaction);
    await this.visitor.commit(endLsn);
  }

  private replayOne(transaction: number, bytes: Buffer, begin: number, length: number): Promise<void> | undefined {
    if (bytes[begin] === INSERT) {
      const isUndone = this.spilled.isAborted(transaction, bytes.readUInt32BE(begin + 1));
      return isUndone ? undefined : this.tellInsert(bytes, begin + 5, length);
    }
    const change = decodeMessage(bytes, begin, true);
    const isUndone = 'subtransaction' in change && this.spilled.isAborted(transaction, change.subtransaction);
    return isUndone ? undefined : this.tell(change, length);
  }

  /** `at`: of the table's number, which a letter stands behind. */
  private tellInsert(bytes: Buffer, at: number, length: number): Promise<void> | undefined {
    return this.visitor.takeInsert(bytes.readUInt32BE(at), bytes, at + 5, length);
  }

  private tell(message: StreamMessage, length: number): Promise<void> | undefined {
    switch (message.kind) {
      case 'insert':
      case 'update':
      case 'delete':
      case 'truncate':
      case 'relation':
      case 'message':
        return this.visitor.take(message, length);
      case 'begin':
        return void this.visitor.begin(message.commitLsn, message.committedAtMs);
      case 'commit':
        return this.visitor.commit(message.endLsn);
      default:
        return undefined;
    }
  }
}
