import type { SqlExecutor } from '@smartant/platform/postgres';
import type { LimitScope, ScopeLimits, ScopeLimitStore } from '../../application/ports/unit-of-work';
import type { Rates } from '../../domain/migration/migration-spec';

export class ScopeLimitRows implements ScopeLimitStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(scopes: readonly LimitScope[]): Promise<ScopeLimits[]> {
    return this.sql.query<ScopeLimits>(
      `SELECT kind, id, limits, version::float8 AS version FROM scope_limit
       WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY kind, id`,
      [scopes.map(({ kind }) => kind), scopes.map(({ id }) => id)],
    );
  }

  async save({ kind, id }: LimitScope, limits: Rates): Promise<void> {
    await this.sql.query(
      `INSERT INTO scope_limit AS held (kind, id, limits, version)
       VALUES ($1, $2, $3, floor(extract(epoch FROM clock_timestamp()) * 1000))
       ON CONFLICT (kind, id) DO UPDATE SET limits = excluded.limits, version = greatest(held.version + 1, excluded.version)`,
      [kind, id, JSON.stringify(limits)],
    );
  }
}
