import type { Lsn } from '../replication/lsn';
import type { RowMessage, StreamMessage } from '../replication/messages';
import type { PgSession } from '../session/pg-session';
import type { BatchQueue } from './batch-queue';
import type { KnownTables } from './known-tables';
import type { StreamChangesOptions } from './stream-options';
import type { TransactionPart, TransactionVisitor } from './transaction-reader';

export interface ChangeIntakeOptions {
  queue: BatchQueue;
  tables: KnownTables;
  /** Of the first applier. */
  session: PgSession;
  onMessage: StreamChangesOptions['onMessage'];
  /** A transaction was read that was committed at this time of the source's clock. */
  onCommit: (committedAtMs: number) => void;
}

/** Takes what the source tells of transactions in: changes go to the queue, tables are learned between them. */
export class ChangeIntake implements TransactionVisitor {
  private committedAtMs = 0;

  constructor(private readonly options: ChangeIntakeOptions) {}

  begin(commitLsn: Lsn, committedAtMs: number): void {
    this.committedAtMs = committedAtMs;
    this.options.queue.begin(commitLsn, committedAtMs);
  }

  commit(endLsn: Lsn): Promise<void> | undefined {
    this.options.onCommit(this.committedAtMs);
    return this.options.queue.commit(endLsn);
  }

  take(part: TransactionPart, length: number): Promise<void> | undefined {
    switch (part.kind) {
      case 'relation':
        return this.takeRelation(part);
      case 'truncate':
        return this.takeTruncate(part, length);
      case 'message':
        return part.prefix.startsWith('smartant') && this.options.onMessage ? this.takeMessage(part) : undefined;
      default:
        return this.takeRow(part, length);
    }
  }

  takeInsert(relationId: number, bytes: Buffer, begin: number, length: number): Promise<void> | undefined {
    const { queue, tables } = this.options;
    const table = tables.find(relationId, queue.commitLsn);
    return table ? queue.addRow(table, bytes, begin, length) : undefined;
  }

  private takeRow(message: RowMessage, length: number): Promise<void> | undefined {
    const { queue, tables } = this.options;
    const table = tables.find(message.relationId, queue.commitLsn);
    if (!table) return undefined;
    if (message.kind === 'update') return queue.add({ kind: 'update', table, old: message.old, row: message.new! }, length);
    return queue.add({ kind: 'delete', table, old: message.old! }, length);
  }

  private takeTruncate(message: Extract<StreamMessage, { kind: 'truncate' }>, length: number): Promise<void> | undefined {
    const { queue, tables } = this.options;
    const truncated = message.relationIds.flatMap((id) => tables.find(id, queue.commitLsn) ?? []);
    if (truncated.length === 0) return undefined;
    return queue.add({ kind: 'truncate', tables: truncated, restartsIdentities: message.restartsIdentities }, length);
  }

  private async takeRelation(relation: Extract<StreamMessage, { kind: 'relation' }>): Promise<void> {
    const { queue, tables } = this.options;
    if (!tables.isExcluded(relation)) await queue.settle();
    await tables.learn(relation);
  }

  private async takeMessage({ prefix, content }: Extract<StreamMessage, { kind: 'message' }>): Promise<void> {
    const { queue, tables, session, onMessage } = this.options;
    await queue.settle();
    await onMessage?.({ prefix, content: content.toString('utf8'), session });
    await tables.learnAgain();
  }
}
