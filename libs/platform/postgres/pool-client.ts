import { Client, type ClientConfig, type QueryResult } from 'pg';
import type { Receipt } from './incarnation/receipts';

/** A connection of a pool. */
export class PoolClient extends Client {
  private receipt: Receipt | undefined;

  constructor(config?: string | ClientConfig) {
    super(config);
    // Between a pool's handing out a connection and TypeORM's listening to it there are a few turns of promises. A server that
    // dies just then would end the whole process by an error that nobody hears; the next statement tells of it all the same.
    this.on('error', () => undefined);
  }

  /** From now on each transaction that writes is counted as it is committed. */
  countOn(receipt: Receipt): void {
    this.receipt = receipt;
  }

  /** Ends it at once, whatever it is doing. */
  cut(): void {
    (this as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream.destroy(
      new Error('Connection terminated: the database is another incarnation now'),
    );
  }

  // `never` fits all ten overloads that pg declares.
  override query(...args: unknown[]): never {
    if (args[0] === 'COMMIT' && this.receipt) return this.commit(this.receipt) as never;
    return (super.query as (...args: unknown[]) => unknown).apply(this, args) as never;
  }

  /** One round trip, as without it. */
  private async commit(receipt: Receipt): Promise<QueryResult> {
    const statement = super.query(receipt.commitSql) as unknown as Promise<QueryResult[]>;
    const [counted, committed] = await statement;
    const [row] = (counted?.rows ?? []) as { n: string }[];
    if (row) receipt.acknowledge(Number(row.n));
    return committed!;
  }
}
