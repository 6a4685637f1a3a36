import { randomUUID } from 'node:crypto';

/** What the database has acknowledged to a process: its own counter, and that of each of its connections. */
export interface Acknowledged {
  witness: number;
  receipts: ReadonlyMap<string, number>;
}

/** A connection's counter. */
export interface Receipt {
  /** Grows the counter if the transaction has written anything, and commits: one round trip. */
  readonly commitSql: string;
  acknowledge(n: number): void;
}

/**
 * The memory of a process. Each connection counts in a row of its own, within the transactions that it commits, so that they do not
 * wait for each other; an acknowledged number that the database no longer has is an acknowledged transaction that is gone.
 */
export class Receipts {
  readonly process = randomUUID();
  witness = 0;
  private readonly counters = new Map<string, number>();
  private readonly free: string[] = [];

  /** As of now: to be taken before the database is asked for what it has. */
  acknowledged(): Acknowledged {
    return { witness: this.witness, receipts: new Map(this.counters) };
  }

  /** The id of a connection that has ended, so that there are no more of them than connections at once; else a new one. */
  takeId(): string {
    return this.free.pop() ?? randomUUID();
  }

  giveBack(id: string): void {
    this.free.push(id);
  }

  /** `n`: what the database has. */
  open(id: string, n: number): Receipt {
    const { counters } = this;
    counters.set(id, n);
    const counted = `UPDATE incarnation_receipt SET n = n + 1 WHERE id = '${id}' AND pg_current_xact_id_if_assigned() IS NOT NULL RETURNING n`;
    return { commitSql: `${counted}; COMMIT`, acknowledge: (acknowledged) => void counters.set(id, acknowledged) };
  }
}
