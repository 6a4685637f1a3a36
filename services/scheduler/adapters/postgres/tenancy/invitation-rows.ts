import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Role } from '../../../application/identity/permissions';
import type { Invitation, InvitationStore } from '../../../application/ports/tenancy';

interface Row {
  id: string;
  workspace_id: string;
  invitee: string;
  role: Role;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

const COLUMNS = 'id, workspace_id, invitee, role, invited_by, created_at, expires_at';
const OPEN = 'accepted_at IS NULL AND revoked_at IS NULL AND expires_at > clock_timestamp()';

export class InvitationRows implements InvitationStore {
  constructor(private readonly sql: SqlExecutor) {}

  async insert(invitation: Parameters<InvitationStore['insert']>[0]): Promise<Invitation> {
    const { id, workspaceId, invitee, role, invitedBy, digest, expiresInHours } = invitation;
    const [row] = await this.sql.query<Row>(
      `INSERT INTO invitation (id, workspace_id, invitee, role, invited_by, digest, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => $7::int)) RETURNING ${COLUMNS}`,
      [id, workspaceId, invitee, role, invitedBy, digest, expiresInHours],
    );
    return toInvitation(row!);
  }

  async list(workspaceId: string): Promise<Invitation[]> {
    const sql = `SELECT ${COLUMNS} FROM invitation WHERE workspace_id = $1 AND ${OPEN} ORDER BY id DESC`;
    return (await this.sql.query<Row>(sql, [workspaceId])).map(toInvitation);
  }

  async findOpen(digest: Buffer): Promise<Invitation | null> {
    return first(await this.sql.query<Row>(`SELECT ${COLUMNS} FROM invitation WHERE digest = $1 AND ${OPEN}`, [digest]));
  }

  /** Of two at the same time the second waits for the first one's commit, and then finds that it is not open any more. */
  async take(digest: Buffer, userId: string): Promise<Invitation | null> {
    const sql = `UPDATE invitation SET accepted_at = now(), accepted_by = $2 WHERE digest = $1 AND ${OPEN} RETURNING ${COLUMNS}`;
    return first(await this.sql.query<Row>(sql, [digest, userId]));
  }

  async revoke(workspaceId: string, id: string): Promise<Invitation | null> {
    const sql = `UPDATE invitation SET revoked_at = now() WHERE workspace_id = $1 AND id = $2 AND ${OPEN} RETURNING ${COLUMNS}`;
    return first(await this.sql.query<Row>(sql, [workspaceId, id]));
  }
}

function first([row]: Row[]): Invitation | null {
  return row ? toInvitation(row) : null;
}

function toInvitation(row: Row): Invitation {
  const { id, invitee, role } = row;
  const [createdAt, expiresAt] = [row.created_at.toISOString(), row.expires_at.toISOString()];
  return { id, workspaceId: row.workspace_id, invitee, role, invitedBy: row.invited_by, createdAt, expiresAt };
}
