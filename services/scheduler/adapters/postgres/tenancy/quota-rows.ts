import type { SqlExecutor } from '@smartant/platform/postgres';
import type { QuotaStore } from '../../../application/ports/tenancy';
import { NO_QUOTAS, type Quotas, type QuotaUse } from '../../../domain/tenancy/quotas';

/** Numbers as float8: all of them are at most 2^53 - 1. */
const SELECT = `
  SELECT migrations::float8, endpoints::float8, bytes_per_second::float8 AS "bytesPerSecond",
    requests_per_second::float8 AS "requestsPerSecond", concurrency::float8
  FROM workspace_quota WHERE workspace_id = $1`;

export class QuotaRows implements QuotaStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(workspaceId: string): Promise<Quotas> {
    const [row] = await this.sql.query<Quotas>(SELECT, [workspaceId]);
    return row ?? NO_QUOTAS;
  }

  async lock(workspaceId: string): Promise<Quotas> {
    const [row] = await this.sql.query<Quotas>(`${SELECT} FOR UPDATE`, [workspaceId]);
    return row ?? NO_QUOTAS;
  }

  async save(workspaceId: string, quotas: Quotas): Promise<void> {
    const { migrations, endpoints, bytesPerSecond, requestsPerSecond, concurrency } = quotas;
    await this.sql.query(
      `INSERT INTO workspace_quota (workspace_id, migrations, endpoints, bytes_per_second, requests_per_second, concurrency)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (workspace_id) DO UPDATE SET migrations = excluded.migrations, endpoints = excluded.endpoints,
         bytes_per_second = excluded.bytes_per_second, requests_per_second = excluded.requests_per_second, concurrency = excluded.concurrency`,
      [workspaceId, migrations, endpoints, bytesPerSecond, requestsPerSecond, concurrency],
    );
  }

  async use(workspaceId: string): Promise<QuotaUse> {
    const [row] = await this.sql.query<QuotaUse>(
      `SELECT (SELECT count(*)::float8 FROM migration WHERE workspace_id = $1 AND NOT at_rest) AS migrations,
         (SELECT count(*)::float8 FROM endpoint WHERE workspace_id = $1 AND owned_by_migration_id IS NULL) AS endpoints`,
      [workspaceId],
    );
    return row!;
  }
}
