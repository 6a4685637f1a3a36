import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Role } from '../../../application/identity/permissions';
import type { Member, MemberStore } from '../../../application/ports/tenancy';

interface Row {
  user_id: string;
  username: string;
  role: Role;
  disabled: boolean;
  joined_at: Date;
}

const PEOPLE = `
  FROM workspace_member AS member JOIN app_user ON app_user.id = member.user_id
  WHERE member.workspace_id = $1 AND NOT EXISTS (SELECT 1 FROM service_account WHERE service_account.user_id = member.user_id)`;
const COLUMNS = 'member.user_id, app_user.username, member.role, app_user.disabled_at IS NOT NULL AS disabled, member.joined_at';

export class MemberRows implements MemberStore {
  constructor(private readonly sql: SqlExecutor) {}

  async list(workspaceId: string): Promise<Member[]> {
    return (await this.sql.query<Row>(`SELECT ${COLUMNS} ${PEOPLE} ORDER BY lower(app_user.username)`, [workspaceId])).map(toMember);
  }

  async find(workspaceId: string, userId: string): Promise<Member | null> {
    const [row] = await this.sql.query<Row>(`SELECT ${COLUMNS} ${PEOPLE} AND member.user_id = $2`, [workspaceId, userId]);
    return row ? toMember(row) : null;
  }

  async add(workspaceId: string, userId: string, role: Role): Promise<boolean> {
    const sql = `INSERT INTO workspace_member (workspace_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING user_id`;
    return (await this.sql.query(sql, [workspaceId, userId, role])).length > 0;
  }

  async setRole(workspaceId: string, userId: string, role: Role): Promise<void> {
    await this.sql.query('UPDATE workspace_member SET role = $3 WHERE workspace_id = $1 AND user_id = $2', [workspaceId, userId, role]);
  }

  async remove(workspaceId: string, userId: string): Promise<void> {
    await this.sql.query('DELETE FROM workspace_member WHERE workspace_id = $1 AND user_id = $2', [workspaceId, userId]);
    // Else they would come back to life with a later membership.
    const revoke = 'UPDATE api_key SET revoked_at = now() WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL';
    await this.sql.query(revoke, [workspaceId, userId]);
  }

  async countOwners(workspaceId: string): Promise<number> {
    const sql = `SELECT count(*)::int AS count ${PEOPLE} AND member.role = 'owner' AND app_user.disabled_at IS NULL`;
    const [row] = await this.sql.query<{ count: number }>(sql, [workspaceId]);
    return row?.count ?? 0;
  }
}

function toMember(row: Row): Member {
  return { userId: row.user_id, username: row.username, role: row.role, disabled: row.disabled, joinedAt: row.joined_at.toISOString() };
}
