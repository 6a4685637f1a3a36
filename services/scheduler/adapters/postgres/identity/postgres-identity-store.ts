import type { SqlExecutor } from '@smartant/platform/postgres';
import type {
  ApiKey,
  AttemptBudget,
  IdentityStore,
  Membership,
  NewApiKey,
  NewSigningKey,
  SigningKeyRecord,
  Standing,
  StandingSubject,
  User,
} from '../../../application/identity/identity-store';
import type { Role } from '../../../application/identity/permissions';
import type { AuditStore } from '../../../application/ports/audit';
import { AuditRows } from '../audit/audit-rows';
import { API_KEY_COLUMNS, insertApiKey, toApiKey, type ApiKeyRow } from './api-key-rows';
import { beginSignIn, clearSignIn, forgiveSignIn, knowsSignIn, rememberSignIn } from './sign-in-attempts';
import type { TransactionalSql } from './transactional-sql';
import { addFirstSigningKey, rotateSigningKey, signingKeys } from './signing-key-rows';
import { findStanding } from './standing-rows';

interface UserRow {
  id: string;
  username: string;
  password_hash: string;
  disabled: boolean;
}

const USER_COLUMNS = 'id, username, password_hash, disabled_at IS NOT NULL AS disabled';

/** Users, keys and sign-in attempts in PostgreSQL. Its tables: `identityMigrations`. */
export class PostgresIdentityStore implements IdentityStore {
  constructor(private readonly database: TransactionalSql) {}

  transaction<T>(work: (store: IdentityStore, audit: AuditStore) => Promise<T>): Promise<T> {
    return this.database.transaction((tx) => {
      const query: SqlExecutor['query'] = (sql, params) => tx.query(sql, params);
      return work(new PostgresIdentityStore({ query, transaction: (inner) => inner(tx) }), new AuditRows(tx));
    });
  }

  createFirstAdmin(workspaceName: string, user: Pick<User, 'id' | 'username' | 'passwordHash'>): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await tx.query('LOCK TABLE app_user IN SHARE ROW EXCLUSIVE MODE');
      const [existing] = await tx.query('SELECT 1 FROM app_user LIMIT 1');
      if (existing) return false;
      await tx.query('INSERT INTO app_user (id, username, password_hash, platform_admin) VALUES ($1, $2, $3, true)', [
        user.id,
        user.username,
        user.passwordHash,
      ]);
      await tx.query("INSERT INTO workspace_member (workspace_id, user_id, role) SELECT id, $2, 'owner' FROM workspace WHERE name = $1", [
        workspaceName,
        user.id,
      ]);
      await new AuditRows(tx).append(
        { userId: 'system' },
        {
          action: 'user.create',
          workspaceId: null,
          target: { kind: 'user', id: user.id, name: user.username },
          before: null,
          after: { role: 'admin', workspace: workspaceName },
          outcome: 'done',
          code: null,
        },
      );
      return true;
    });
  }

  async findUserByName(username: string): Promise<User | null> {
    // PostgreSQL refuses NUL in text; no user name has one.
    if (username.includes('\u0000')) return null;
    const [row] = await this.database.query<UserRow>(`SELECT ${USER_COLUMNS} FROM app_user WHERE lower(username) = lower($1)`, [username]);
    return row ? toUser(row) : null;
  }

  async memberships(userId: string): Promise<Membership[]> {
    const rows = await this.database.query<{ id: string; name: string; second_factor_required: boolean; role: Role }>(
      `SELECT workspace.id, workspace.name, workspace.second_factor_required, CASE WHEN app_user.platform_admin THEN 'admin' ELSE member.role END AS role
       FROM app_user CROSS JOIN workspace
       LEFT JOIN workspace_member AS member ON member.workspace_id = workspace.id AND member.user_id = app_user.id
       WHERE app_user.id = $1 AND workspace.disabled_at IS NULL AND (member.user_id IS NOT NULL OR app_user.platform_admin)
       ORDER BY member.user_id IS NULL, member.joined_at, workspace.created_at, workspace.id`,
      [userId],
    );
    return rows.map(({ id, name, second_factor_required, role }) => ({
      workspace: { id, name, secondFactorRequired: second_factor_required },
      role,
    }));
  }

  addApiKey(key: NewApiKey): Promise<ApiKey | null> {
    return insertApiKey(this.database, key);
  }

  async listApiKeys(workspaceId: string): Promise<ApiKey[]> {
    const rows = await this.database.query<ApiKeyRow>(
      `SELECT ${API_KEY_COLUMNS} FROM api_key WHERE workspace_id = $1 AND revoked_at IS NULL ORDER BY created_at, id`,
      [workspaceId],
    );
    return rows.map(toApiKey);
  }

  async revokeApiKey(workspaceId: string, id: string): Promise<ApiKey | null> {
    const [row] = await this.database.query<ApiKeyRow>(
      `UPDATE api_key SET revoked_at = now() WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${API_KEY_COLUMNS}`,
      [workspaceId, id],
    );
    return row ? toApiKey(row) : null;
  }

  async useApiKey(digest: Buffer): Promise<{ key: ApiKey; user: User } | null> {
    const [keyRow] = await this.database.query<ApiKeyRow>(
      `UPDATE api_key SET last_used_at = now()
       WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) RETURNING ${API_KEY_COLUMNS}`,
      [digest],
    );
    if (!keyRow) return null;
    const [userRow] = await this.database.query<UserRow>(`SELECT ${USER_COLUMNS} FROM app_user WHERE id = $1 AND disabled_at IS NULL`, [
      keyRow.user_id,
    ]);
    return userRow ? { key: toApiKey(keyRow), user: toUser(userRow) } : null;
  }

  async isFirstUseToday(keyId: string, address: string): Promise<boolean> {
    const rows = await this.database.query(
      'INSERT INTO audit_key_use (key_id, address) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING key_id',
      [keyId, address],
    );
    return rows.length > 0;
  }

  beginSignIn(subject: string, budget?: AttemptBudget): Promise<number> {
    return beginSignIn(this.database, subject, budget);
  }

  forgiveSignIn(subject: string): Promise<void> {
    return forgiveSignIn(this.database, subject);
  }

  knowsSignIn(subject: string): Promise<boolean> {
    return knowsSignIn(this.database, subject);
  }

  rememberSignIn(subject: string): Promise<void> {
    return rememberSignIn(this.database, subject);
  }

  clearSignIn(subject: string): Promise<void> {
    return clearSignIn(this.database, subject);
  }

  standing(subject: StandingSubject): Promise<Standing | null> {
    return findStanding(this.database, subject);
  }

  signingKeys(): Promise<SigningKeyRecord[]> {
    return signingKeys(this.database);
  }

  addFirstSigningKey(key: NewSigningKey): Promise<boolean> {
    return addFirstSigningKey(this.database, key);
  }

  rotateSigningKey(key: NewSigningKey, overlapMs: number): Promise<void> {
    return rotateSigningKey(this.database, key, overlapMs);
  }
}

function toUser(row: UserRow): User {
  return { id: row.id, username: row.username, passwordHash: row.password_hash, disabled: row.disabled };
}
