import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { DueEndpoint, EndpointHealth, EndpointTrialStore } from '../../../application/ports/alerting';
import type { MigrationError } from '../../../domain/migration/migration';

/** Migrations that work, or would if they could. */
const IN_PROGRESS = `NOT at_rest AND status IN ('pending', 'running', 'waiting') AND phase <> 'done'`;
const IN_USE = `SELECT source_endpoint_id AS id FROM migration WHERE ${IN_PROGRESS} UNION SELECT target_endpoint_id FROM migration WHERE ${IN_PROGRESS}`;
const AFTER_MS = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;

export class EndpointTrialRows implements EndpointTrialStore {
  constructor(private readonly sql: SqlExecutor) {}

  async claim(limit: number, claimMs: number): Promise<DueEndpoint[]> {
    // What has just come into use was reached a moment ago: its first attempt is not due at once, and not with all others.
    await this.sql.query(
      `INSERT INTO endpoint_trial (endpoint_id, due_at)
       SELECT id, clock_timestamp() + (30 + 30 * random()) * interval '1 second' FROM endpoint
       WHERE id IN (${IN_USE}) AND NOT EXISTS (SELECT 1 FROM endpoint_trial WHERE endpoint_id = endpoint.id)
       ORDER BY id LIMIT 1000 ON CONFLICT DO NOTHING`,
    );
    const token = randomUUID();
    const rows = await this.sql.query<{ endpointId: string; workspaceId: string }>(
      `UPDATE endpoint_trial SET claim_token = $1, due_at = ${AFTER_MS('$2')} FROM endpoint
       WHERE endpoint.id = endpoint_id AND endpoint_id IN (
         SELECT endpoint_id FROM endpoint_trial WHERE due_at <= clock_timestamp() AND endpoint_id IN (${IN_USE})
         ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
       ) RETURNING endpoint_id AS "endpointId", endpoint.workspace_id AS "workspaceId"`,
      [token, claimMs, limit],
    );
    return rows.map((row) => ({ ...row, token }));
  }

  async settle({ endpointId, token }: DueEndpoint, error: MigrationError | null, nextMs: number): Promise<void> {
    await this.sql.query(
      `UPDATE endpoint_trial SET claim_token = NULL, due_at = ${AFTER_MS('$4')}, error = $3,
         failures = CASE WHEN $3::json IS NULL THEN 0 ELSE failures + 1 END,
         failing_since = CASE WHEN $3::json IS NULL THEN NULL ELSE coalesce(failing_since, clock_timestamp()) END
       WHERE endpoint_id = $1 AND claim_token = $2`,
      [endpointId, token, error === null ? null : JSON.stringify(error), nextMs],
    );
  }

  async postpone({ endpointId, token }: DueEndpoint, nextMs: number): Promise<void> {
    await this.sql.query(
      `UPDATE endpoint_trial SET claim_token = NULL, due_at = ${AFTER_MS('$3')} WHERE endpoint_id = $1 AND claim_token = $2`,
      [endpointId, token, nextMs],
    );
  }

  async list(workspaceId: string | null, limit: number): Promise<EndpointHealth[]> {
    const rows = await this.sql.query<Omit<EndpointHealth, 'failingSince'> & { failingSince: Date | null }>(
      `SELECT endpoint_id AS "endpointId", endpoint.workspace_id AS "workspaceId", endpoint.name, endpoint.location ->> 'kind' AS kind,
         failing_since AS "failingSince", failures, error
       FROM endpoint_trial JOIN endpoint ON endpoint.id = endpoint_id
       WHERE ($1::text IS NULL OR endpoint.workspace_id = $1) AND endpoint_id IN (${IN_USE})
       ORDER BY failing_since NULLS LAST, endpoint_id LIMIT $2`,
      [workspaceId, limit],
    );
    return rows.map(({ failingSince, ...row }) => ({ ...row, failingSince: failingSince?.toISOString() ?? null }));
  }

  async forgetUnused(): Promise<void> {
    await this.sql.query(`DELETE FROM endpoint_trial WHERE endpoint_id NOT IN (${IN_USE})`);
  }
}
