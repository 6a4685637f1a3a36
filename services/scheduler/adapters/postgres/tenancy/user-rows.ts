import { SmartantError } from '@smartant/kernel';
import { isUniqueViolation, type SqlExecutor } from '@smartant/platform/postgres';
import type { Role } from '../../../application/identity/permissions';
import type { PlatformUser, UserStore } from '../../../application/ports/tenancy';

interface Row {
  id: string;
  username: string;
  platform_admin: boolean;
  disabled: boolean;
  created_at: Date;
  workspaces: PlatformUser['workspaces'];
}

const SELECT = `
  SELECT person.id, person.username, person.platform_admin, person.disabled_at IS NOT NULL AS disabled, person.created_at,
    coalesce((SELECT json_agg(json_build_object('id', workspace.id, 'name', workspace.name, 'role', member.role) ORDER BY workspace.name)
              FROM workspace_member AS member JOIN workspace ON workspace.id = member.workspace_id
              WHERE member.user_id = person.id), '[]') AS workspaces
  FROM app_user AS person
  WHERE NOT EXISTS (SELECT 1 FROM service_account WHERE service_account.user_id = person.id)`;

export class UserRows implements UserStore {
  constructor(private readonly sql: SqlExecutor) {}

  async page(beforeId: string | null, limit: number): Promise<PlatformUser[]> {
    const sql = `${SELECT} AND ($1::text IS NULL OR person.id < $1) ORDER BY person.id DESC LIMIT $2`;
    return (await this.sql.query<Row>(sql, [beforeId, limit])).map(toUser);
  }

  async find(idOrName: string): Promise<PlatformUser | null> {
    const sql = `${SELECT} AND (person.id = $1 OR lower(person.username) = lower($1)) ORDER BY person.id <> $1 LIMIT 1`;
    const [row] = await this.sql.query<Row>(sql, [idOrName]);
    return row ? toUser(row) : null;
  }

  async insert({ id, username, passwordHash }: { id: string; username: string; passwordHash: string }): Promise<void> {
    try {
      await this.sql.query('INSERT INTO app_user (id, username, password_hash) VALUES ($1, $2, $3)', [id, username, passwordHash]);
    } catch (error) {
      if (!isUniqueViolation(error, 'app_user_username')) throw error;
      throw new SmartantError('USER_NAME_TAKEN', `There is a user "${username}" already.`, {
        kind: 'conflict',
        hint: 'Choose another name; if that user is you, sign in and accept the invitation with your account.',
        fields: [{ field: 'username', message: 'is taken' }],
      });
    }
  }

  async setDisabled(id: string, disabled: boolean): Promise<void> {
    const sql = 'UPDATE app_user SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END WHERE id = $1';
    await this.sql.query(sql, [id, disabled]);
    // For good: whoever holds a stolen refresh token must not come back with the user.
    if (!disabled) return;
    await this.sql.query("UPDATE user_session SET ended_at = now(), end_reason = 'user-disabled' WHERE user_id = $1 AND ended_at IS NULL", [
      id,
    ]);
  }

  async lockAdmins(): Promise<string[]> {
    const rows = await this.sql.query<{ id: string; disabled: boolean }>(
      'SELECT id, disabled_at IS NOT NULL AS disabled FROM app_user WHERE platform_admin ORDER BY id FOR NO KEY UPDATE',
    );
    return rows.filter(({ disabled }) => !disabled).map(({ id }) => id);
  }

  async roleIn(userId: string, workspaceId: string): Promise<Role | null> {
    const [row] = await this.sql.query<{ role: Role | null }>(
      `SELECT CASE WHEN app_user.platform_admin THEN 'admin' ELSE member.role END AS role
       FROM app_user LEFT JOIN workspace_member AS member ON member.user_id = app_user.id AND member.workspace_id = $2
       WHERE app_user.id = $1 AND app_user.disabled_at IS NULL`,
      [userId, workspaceId],
    );
    return row?.role ?? null;
  }
}

function toUser(row: Row): PlatformUser {
  const { id, username, disabled, workspaces } = row;
  return { id, username, platformAdmin: row.platform_admin, disabled, createdAt: row.created_at.toISOString(), workspaces };
}
