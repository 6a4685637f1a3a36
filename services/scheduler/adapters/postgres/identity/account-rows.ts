import type { SqlExecutor } from '@smartant/platform/postgres';
import type { AccountStore } from '../../../application/identity/account-stores';
import type { User } from '../../../application/identity/identity-store';

export class AccountRows implements AccountStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(userId: string): Promise<User | null> {
    const [row] = await this.sql.query<{ id: string; username: string; password_hash: string; disabled: boolean }>(
      'SELECT id, username, password_hash, disabled_at IS NOT NULL AS disabled FROM app_user WHERE id = $1',
      [userId],
    );
    return row ? { id: row.id, username: row.username, passwordHash: row.password_hash, disabled: row.disabled } : null;
  }

  async hasPlace(userId: string, workspaceId: string): Promise<boolean> {
    const rows = await this.sql.query(
      `SELECT 1 FROM app_user CROSS JOIN workspace
       LEFT JOIN workspace_member AS member ON member.workspace_id = workspace.id AND member.user_id = app_user.id
       WHERE app_user.id = $1 AND workspace.id = $2 AND workspace.disabled_at IS NULL
         AND (member.user_id IS NOT NULL OR app_user.platform_admin)`,
      [userId, workspaceId],
    );
    return rows.length > 0;
  }

  async setPasswordHash(userId: string, passwordHash: string): Promise<void> {
    await this.sql.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [userId, passwordHash]);
  }
}
