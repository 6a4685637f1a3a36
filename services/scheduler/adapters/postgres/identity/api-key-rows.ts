import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ApiKey, NewApiKey } from '../../../application/identity/identity-store';
import type { Role } from '../../../application/identity/permissions';

export interface ApiKeyRow {
  id: string;
  workspace_id: string;
  user_id: string;
  name: string;
  role: Role;
  prefix: string;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export const API_KEY_COLUMNS = 'id, workspace_id, user_id, name, role, prefix, created_at, expires_at, last_used_at';

/** Null when the name is taken in the workspace; without an error, which would end the transaction that this may be a part of. */
export async function insertApiKey(sql: SqlExecutor, key: NewApiKey): Promise<ApiKey | null> {
  const [row] = await sql.query<ApiKeyRow>(
    `INSERT INTO api_key (id, workspace_id, user_id, name, role, prefix, digest, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, least(now() + make_interval(days => $8::int), (SELECT expires_at FROM api_key WHERE id = $9)))
     ON CONFLICT (workspace_id, name) WHERE revoked_at IS NULL DO NOTHING RETURNING ${API_KEY_COLUMNS}`,
    [key.id, key.workspaceId, key.userId, key.name, key.role, key.prefix, key.digest, key.expiresInDays, key.madeWith],
  );
  return row ? toApiKey(row) : null;
}

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    userId: row.user_id,
    name: row.name,
    role: row.role,
    prefix: row.prefix,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}
