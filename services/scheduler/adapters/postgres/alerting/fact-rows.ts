import type { SqlExecutor } from '@smartant/platform/postgres';
import type { WatchedCredential, WatchedEndpoint, WatchedPlatform } from '../../../domain/alerting/surroundings-rules';
import type { WatchedMigration, WatchedSpec } from '../../../domain/alerting/watched-migration';
import { migrationState, type StoredState } from '../migration-rows';

interface MigrationFactRow {
  state: StoredState;
  spec: Pick<WatchedSpec, 'kind' | 'cutover' | 'limits'> & { database?: { maxRetainedWalBytes?: number | null } };
  moved_at_ms: number | null;
  waived: number;
}

const EPOCH_MS = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;

/**
 * A specification may list a hundred thousand keys: of a long one only what rules read is carried here. Short ones come as they are, which
 * asks PostgreSQL to look into none of them.
 */
const WATCHED_SPEC = `CASE WHEN octet_length(spec::text) <= 65536 THEN spec ELSE json_build_object(
  'kind', spec->'kind', 'cutover', spec->'cutover', 'limits', spec->'limits',
  'database', json_build_object('maxRetainedWalBytes', spec#>'{database,maxRetainedWalBytes}')) END`;

const MIGRATION_FACTS = `SELECT state, ${WATCHED_SPEC} AS spec, ${EPOCH_MS('moved_at')} AS moved_at_ms,
  (SELECT count(*)::int FROM waiver WHERE waiver.migration_id = migration.id) AS waived
  FROM migration WHERE NOT at_rest`;

/** What rules are held against, each kind by one statement. */
export class FactRows {
  constructor(private readonly sql: SqlExecutor) {}

  async migrations(afterId: string | null, limit: number): Promise<WatchedMigration[]> {
    const rows = await this.sql.query<MigrationFactRow>(`${MIGRATION_FACTS} AND ($1::text IS NULL OR id > $1) ORDER BY id LIMIT $2`, [
      afterId,
      limit,
    ]);
    return rows.map(toMigration);
  }

  async migration(id: string): Promise<WatchedMigration | null> {
    const [row] = await this.sql.query<MigrationFactRow>(`${MIGRATION_FACTS} AND id = $1`, [id]);
    return row ? toMigration(row) : null;
  }

  async endpoints(limit: number): Promise<WatchedEndpoint[]> {
    const rows = await this.sql.query<Omit<WatchedEndpoint, 'kind'> & { location: { kind: string } }>(
      `SELECT endpoint.workspace_id AS "workspaceId", endpoint.id AS "endpointId", endpoint.name, endpoint.location,
         endpoint.owned_by_migration_id AS "migrationId", failures, ${EPOCH_MS('failing_since')} AS "failingSinceMs", error
       FROM endpoint_trial JOIN endpoint ON endpoint.id = endpoint_id
       WHERE failures > 0 ORDER BY failing_since, endpoint_id LIMIT $1`,
      [limit],
    );
    return rows.map(({ location, ...row }) => ({ ...row, kind: location.kind }));
  }

  async credentials(days: number, limit: number): Promise<WatchedCredential[]> {
    const soon = (time: string) =>
      `${time} > clock_timestamp() - interval '1 day' AND ${time} <= clock_timestamp() + $1::float8 * interval '1 day'`;
    return this.sql.query(
      `SELECT * FROM (
         SELECT api_key.workspace_id AS "workspaceId",
           CASE WHEN service_account.user_id IS NULL THEN 'api-key' ELSE 'service-account-key' END AS kind,
           api_key.id, api_key.name, ${EPOCH_MS('api_key.created_at')} AS "beginsAtMs", ${EPOCH_MS('expires_at')} AS "expiresAtMs"
         FROM api_key LEFT JOIN service_account ON service_account.user_id = api_key.user_id
         WHERE revoked_at IS NULL AND ${soon('expires_at')}
         UNION ALL
         SELECT endpoint.workspace_id, 'client-certificate', endpoint.id, endpoint.name,
           ${EPOCH_MS('certificate_from')}, ${EPOCH_MS('certificate_until')}
         FROM endpoint_secret JOIN endpoint ON endpoint.id = endpoint_id WHERE ${soon('certificate_until')}
       ) AS expiring ORDER BY "expiresAtMs", id LIMIT $2`,
      [days, limit],
    );
  }

  async platform(): Promise<Omit<WatchedPlatform, 'parkedEvents'>> {
    const age = (time: string) => `extract(epoch FROM clock_timestamp() - ${time}) * 1000`;
    const [row] = await this.sql.query<Omit<WatchedPlatform, 'parkedEvents' | 'unsignedChains'> & { unsignedChains: string[] | null }>(
      `WITH unsigned AS (
         SELECT head.chain, CASE WHEN signed.seq = head.seq THEN signed.at ELSE (
           SELECT at::timestamptz FROM audit_entry WHERE chain = head.chain AND seq = coalesce(signed.seq, 0) + 1
         ) END AS since
         FROM audit_chain AS head LEFT JOIN LATERAL (
           SELECT seq, hash, at FROM audit_checkpoint WHERE chain = head.chain ORDER BY seq DESC LIMIT 1
         ) AS signed ON true
         WHERE (signed.seq, signed.hash) IS DISTINCT FROM (head.seq, head.hash) AND head.seq > 0
       )
       SELECT coalesce(greatest((SELECT ${age('appended_at')} FROM outbox ORDER BY seq LIMIT 1), 0), 0)::float8 AS "outboxAgeMs",
         coalesce(greatest((SELECT ${age('at')} FROM audit_pending ORDER BY at, id LIMIT 1), 0), 0)::float8 AS "auditAgeMs",
         coalesce((SELECT max(${age('since')}) FROM unsigned), 0)::float8 AS "unsignedAgeMs",
         (SELECT array_agg(chain) FROM (SELECT chain FROM unsigned WHERE since IS NOT NULL ORDER BY since LIMIT 10) AS oldest) AS "unsignedChains",
         (SELECT ${age('min(created_at)')} FROM signing_key WHERE retires_at IS NULL)::float8 AS "signingKeyAgeMs"`,
    );
    return { ...row!, unsignedChains: row!.unsignedChains ?? [] };
  }
}

function toMigration({ state, spec, moved_at_ms, waived }: MigrationFactRow): WatchedMigration {
  const { kind, cutover, limits, database } = spec;
  return {
    ...migrationState(state),
    spec: { kind, cutover, limits, maxRetainedWalBytes: database?.maxRetainedWalBytes ?? null },
    movedAtMs: moved_at_ms,
    waivedUnits: waived,
  };
}
