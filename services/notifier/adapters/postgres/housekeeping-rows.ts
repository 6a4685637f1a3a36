import type { Database } from '@smartant/platform/postgres';
import { pruneProcessedEvents } from '@smartant/platform/events';

const BATCH = 5_000;

/** Removes what has been over for longer than it is kept. In any replica, in small steps. */
export class HousekeepingRows {
  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly retentionDays: number,
  ) {}

  /** Resolves with how many rows went. */
  async prune(): Promise<number> {
    const tables = [
      ['delivery', 'settled_at'],
      ['silence', 'ends_at'],
    ] as const;
    let pruned = await this.pruneAlerts();
    for (const [table, column] of tables) {
      pruned += await this.batches(
        `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${column} < clock_timestamp() - make_interval(days => $1) LIMIT ${BATCH}) RETURNING 1`,
      );
    }
    await pruneProcessedEvents(this.database);
    return pruned;
  }

  private pruneAlerts(): Promise<number> {
    return this.batches(
      `DELETE FROM alert WHERE id IN (SELECT a.id FROM alert AS a
         WHERE a.status = 'resolved' AND NOT a.route_due AND a.changed_at < clock_timestamp() - make_interval(days => $1)
           AND NOT EXISTS (SELECT 1 FROM alert_group_member AS m WHERE m.alert_id = a.id AND m.pending)
         LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING 1`,
    );
  }

  private async batches(sql: string): Promise<number> {
    let total = 0;
    for (let gone = BATCH; gone === BATCH; total += gone) gone = (await this.database.query(sql, [this.retentionDays])).length;
    return total;
  }
}
