import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ScopedLimits } from './limits';

/** What a process asks of a scope. */
export interface LimitAsk {
  scope: string;
  /** Tokens; below 0: given back. */
  bytes: number;
  requests: number;
  /** Slots that it may be using until the answer arrives; it uses no more. */
  holds: number;
  /** Slots that it could use. */
  demand: number;
}

/** What it gets, and the scope's limits now. */
export interface LimitGrant {
  scope: string;
  version: number;
  bytesPerSecond: number;
  requestsPerSecond: number;
  concurrency: number;
  bytes: number;
  requests: number;
  /** It may use the lesser of both: what it has been given, and what is due to it, which shrinks when others want more. */
  slots: number;
  slotsDue: number;
  /** Processes that drew from this scope lately, itself included. */
  sharers: number;
}

const DRAW_SQL = `
SELECT scope, version::float8 AS version, bytes_per_second AS "bytesPerSecond", requests_per_second AS "requestsPerSecond",
  concurrency, bytes, requests, slots, slots_due AS "slotsDue", sharers
FROM limit_draw($1, $2, $3::jsonb, $4::float8 / 1000)`;

/** Limits in Postgres, one row a scope, and each process's share. Every call is one statement. */
export class LimitStore {
  constructor(private readonly database: SqlExecutor) {}

  /** Sets limits, except where a later version was set before. In a transaction: after the locks of runs. */
  async set(tx: SqlExecutor, limits: readonly ScopedLimits[]): Promise<void> {
    if (limits.length === 0) return;
    const rows = limits.map(({ scope, version, limits: { bytesPerSecond, requestsPerSecond, concurrency } }) => ({
      scope,
      version,
      bytes: bytesPerSecond,
      requests: requestsPerSecond,
      concurrency,
    }));
    // Rows that stay as they are are not locked: draws would wait for this transaction. A change may start with what is left of the old rate, but not with more than a tenth of a second of the new one.
    await tx.query(
      `INSERT INTO limit_scope AS held (scope, version, bytes_per_second, requests_per_second, concurrency)
       SELECT DISTINCT ON (scope) scope, version, bytes, requests, concurrency
       FROM jsonb_to_recordset($1::jsonb) AS row (scope text, version bigint, bytes float8, requests float8, concurrency integer)
       WHERE NOT EXISTS (
         SELECT 1 FROM limit_scope AS there WHERE there.scope = row.scope AND there.version >= row.version
           AND (there.version > row.version OR (there.bytes_per_second, there.requests_per_second, there.concurrency)
             IS NOT DISTINCT FROM (row.bytes, row.requests, row.concurrency)))
       ORDER BY scope, version DESC
       ON CONFLICT (scope) DO UPDATE SET version = excluded.version, bytes_per_second = excluded.bytes_per_second,
         requests_per_second = excluded.requests_per_second, concurrency = excluded.concurrency,
         bytes_left = least(held.bytes_left, excluded.bytes_per_second / 10),
         requests_left = least(held.requests_left, excluded.requests_per_second / 10)
       WHERE held.version <= excluded.version`,
      [JSON.stringify(rows)],
    );
  }

  async get(tx: SqlExecutor, scopes: readonly string[]): Promise<ScopedLimits[]> {
    return tx.query<ScopedLimits>(
      `SELECT scope, version::float8 AS version, jsonb_build_object('bytesPerSecond', bytes_per_second,
         'requestsPerSecond', requests_per_second, 'concurrency', concurrency) AS limits
       FROM limit_scope WHERE scope = ANY($1::text[]) ORDER BY scope`,
      [scopes],
    );
  }

  /** Forgets scopes that will not be used again. */
  async forget(tx: SqlExecutor, scopes: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM limit_scope WHERE scope = ANY($1::text[])', [scopes]);
  }

  /** One draw; scopes that are not known are left out of the answer. `draw` grows with each one of a worker. */
  async draw(workerId: string, draw: number, asks: readonly LimitAsk[], leaseMs: number): Promise<LimitGrant[]> {
    return this.database.query<LimitGrant>(DRAW_SQL, [workerId, draw, JSON.stringify(asks), leaseMs]);
  }

  /** Gives back the shares of a process that does not need them any more. */
  async leave(workerId: string, scopes: readonly string[]): Promise<void> {
    await this.database.query('DELETE FROM limit_share WHERE worker_id = $1 AND scope = ANY($2::text[])', [workerId, scopes]);
  }
}
