import { SmartantError } from '@smartant/kernel';
import { isUniqueViolation, type SqlExecutor } from '@smartant/platform/postgres';
import type { ApiKey, NewApiKey } from '../../../application/identity/identity-store';
import type { Role } from '../../../application/identity/permissions';
import type { ServiceAccount, ServiceAccountStore } from '../../../application/ports/tenancy';
import { insertApiKey } from '../identity/api-key-rows';

interface Row {
  user_id: string;
  workspace_id: string;
  name: string;
  role: Role;
  disabled: boolean;
  created_by: string;
  created_at: Date;
}

const SELECT = `
  SELECT account.user_id, account.workspace_id, account.name, member.role, app_user.disabled_at IS NOT NULL AS disabled,
    account.created_by, account.created_at
  FROM service_account AS account
  JOIN app_user ON app_user.id = account.user_id
  JOIN workspace_member AS member ON member.user_id = account.user_id AND member.workspace_id = account.workspace_id
  WHERE account.workspace_id = $1`;

/**
 * A service account is a row of `app_user` like any user, so that tokens, keys and trails know one kind of id. Its user name ends
 * with the id of its workspace, which a person's does not: an invited one has no `@`, and the address of a provider has a domain.
 */
export class ServiceAccountRows implements ServiceAccountStore {
  constructor(private readonly sql: SqlExecutor) {}

  async list(workspaceId: string): Promise<ServiceAccount[]> {
    return (await this.sql.query<Row>(`${SELECT} ORDER BY lower(account.name)`, [workspaceId])).map(toAccount);
  }

  async find(workspaceId: string, idOrName: string): Promise<ServiceAccount | null> {
    const sql = `${SELECT} AND (account.user_id = $2 OR lower(account.name) = lower($2)) ORDER BY account.user_id <> $2 LIMIT 1`;
    const [row] = await this.sql.query<Row>(sql, [workspaceId, idOrName]);
    return row ? toAccount(row) : null;
  }

  async insert(account: Parameters<ServiceAccountStore['insert']>[0]): Promise<ServiceAccount> {
    const { id, workspaceId, name, role, createdBy, passwordHash } = account;
    try {
      const username = `${name}@${workspaceId}`;
      await this.sql.query('INSERT INTO app_user (id, username, password_hash) VALUES ($1, $2, $3)', [id, username, passwordHash]);
      const insert = 'INSERT INTO service_account (user_id, workspace_id, name, created_by) VALUES ($1, $2, $3, $4)';
      await this.sql.query(insert, [id, workspaceId, name, createdBy]);
    } catch (error) {
      if (!isUniqueViolation(error, 'app_user_username') && !isUniqueViolation(error, 'service_account_name')) throw error;
      throw new SmartantError('SERVICE_ACCOUNT_NAME_TAKEN', `There is a service account "${name}" already.`, {
        kind: 'conflict',
        hint: 'Choose another name, or delete that one first.',
        fields: [{ field: 'name', message: 'is taken' }],
      });
    }
    await this.sql.query('INSERT INTO workspace_member (workspace_id, user_id, role) VALUES ($1, $2, $3)', [workspaceId, id, role]);
    return (await this.find(workspaceId, id))!;
  }

  async remove(id: string): Promise<void> {
    await this.sql.query('DELETE FROM app_user WHERE id = $1', [id]);
  }

  addApiKey(key: NewApiKey): Promise<ApiKey | null> {
    return insertApiKey(this.sql, key);
  }
}

function toAccount(row: Row): ServiceAccount {
  const { name, role, disabled } = row;
  const [createdBy, createdAt] = [row.created_by, row.created_at.toISOString()];
  return { id: row.user_id, workspaceId: row.workspace_id, name, role, disabled, createdBy, createdAt };
}
