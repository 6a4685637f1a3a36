import type { Database, Transaction } from '@smartant/platform/postgres';
import { leaseLost } from '../../watchers/watcher-errors';

/** The part of a `Database` that the watchers need. */
export type WatcherDatabase = Pick<Database, 'query' | 'transaction'>;

export interface Lease {
  readonly holder: string;
  /** Rises with each taking: what an earlier leader still writes is refused. */
  readonly epoch: string;
}

const NAME = 'kubernetes';

/**
 * One replica leads at a time, by a row and the database's clock. It is no Lease of Kubernetes: that would be another clock and another store than
 * the one that is written to, so a leader that was stopped in the middle of a write could not be fenced; it would need a right to write in the cluster;
 * and it would be gone with the API server, whose absence is to be told.
 */
export class WatcherLease {
  constructor(
    private readonly database: WatcherDatabase,
    private readonly leaseSeconds: number,
  ) {}

  /** Null while somebody leads. */
  async take(holder: string): Promise<Lease | null> {
    const [row] = await this.database.query<{ epoch: string }>(
      `INSERT INTO watcher_lease AS held (name, holder, epoch, expires_at)
       VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = held.epoch + 1, expires_at = clock_timestamp() + make_interval(secs => $3)
       WHERE held.expires_at <= clock_timestamp()
       RETURNING epoch`,
      [NAME, holder, this.leaseSeconds],
    );
    return row ? { holder, epoch: row.epoch } : null;
  }

  /** Raises WATCHER_LEASE_LOST when it ran out, even if nobody has taken it yet. */
  async renew(lease: Lease): Promise<void> {
    const rows = await this.database.query(
      `UPDATE watcher_lease SET expires_at = clock_timestamp() + make_interval(secs => $3)
       WHERE name = $1 AND epoch = $2 AND expires_at > clock_timestamp() RETURNING 1`,
      [NAME, lease.epoch, this.leaseSeconds],
    );
    if (rows.length === 0) throw leaseLost();
  }

  /** So that another one need not wait until it runs out. */
  async handBack(lease: Lease): Promise<void> {
    await this.database.query('UPDATE watcher_lease SET expires_at = clock_timestamp() WHERE name = $1 AND epoch = $2', [
      NAME,
      lease.epoch,
    ]);
  }

  /** Runs `work` while nobody can take over. Raises WATCHER_LEASE_LOST, with nothing written. */
  fenced<T>(lease: Lease, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const held = await tx.query(
        'SELECT 1 FROM watcher_lease WHERE name = $1 AND epoch = $2 AND expires_at > clock_timestamp() FOR SHARE',
        [NAME, lease.epoch],
      );
      if (held.length === 0) throw leaseLost();
      return work(tx);
    });
  }
}
