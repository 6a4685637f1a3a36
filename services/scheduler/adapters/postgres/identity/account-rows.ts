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

  async setPasswordHash(userId: string, passwordHash: string): Promise<void> {
    await this.sql.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [userId, passwordHash]);
  }
}
