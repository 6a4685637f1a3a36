import { SmartantError } from '@smartant/kernel';
import { isUniqueViolation, type SqlExecutor } from '@smartant/platform/postgres';
import type { Role } from '../../../application/identity/permissions';
import type { WorkspaceRecord, WorkspaceStore } from '../../../application/ports/tenancy';

interface Row {
  id: string;
  name: string;
  disabled: boolean;
  second_factor_required: boolean;
  created_at: Date;
}

const COLUMNS =
  'workspace.id, workspace.name, workspace.disabled_at IS NOT NULL AS disabled, workspace.second_factor_required, workspace.created_at';
/** An id wins over a name that looks like it. */
const BY_ID_OR_NAME = `SELECT ${COLUMNS} FROM workspace WHERE id = $1 OR name = $1 ORDER BY id <> $1 LIMIT 1`;

export class WorkspaceRows implements WorkspaceStore {
  constructor(private readonly sql: SqlExecutor) {}

  async find(idOrName: string): Promise<WorkspaceRecord | null> {
    const [row] = await this.sql.query<Row>(BY_ID_OR_NAME, [idOrName]);
    return row ? toWorkspace(row) : null;
  }

  /** Not FOR UPDATE: that would make every insert of a row that refers to the workspace wait. */
  async lock(idOrName: string): Promise<WorkspaceRecord | null> {
    const [row] = await this.sql.query<Row>(`${BY_ID_OR_NAME} FOR NO KEY UPDATE`, [idOrName]);
    return row ? toWorkspace(row) : null;
  }

  async list(): Promise<WorkspaceRecord[]> {
    return (await this.sql.query<Row>(`SELECT ${COLUMNS} FROM workspace ORDER BY created_at, id`)).map(toWorkspace);
  }

  async ofUser(userId: string): Promise<(WorkspaceRecord & { role: Role })[]> {
    const rows = await this.sql.query<Row & { role: Role }>(
      `SELECT ${COLUMNS}, member.role FROM workspace JOIN workspace_member AS member ON member.workspace_id = workspace.id
       WHERE member.user_id = $1 ORDER BY workspace.created_at, workspace.id`,
      [userId],
    );
    return rows.map((row) => ({ ...toWorkspace(row), role: row.role }));
  }

  async insert({ id, name }: Pick<WorkspaceRecord, 'id' | 'name'>): Promise<WorkspaceRecord> {
    const [row] = await this.orNameTaken(name, `INSERT INTO workspace (id, name) VALUES ($1, $2) RETURNING ${COLUMNS}`, [id, name]);
    return toWorkspace(row!);
  }

  async update({ id, name, disabled }: Pick<WorkspaceRecord, 'id' | 'name' | 'disabled'>): Promise<void> {
    const sql = 'UPDATE workspace SET name = $2, disabled_at = CASE WHEN $3::boolean THEN coalesce(disabled_at, now()) END WHERE id = $1';
    await this.orNameTaken(name, sql, [id, name, disabled]);
  }

  async setSecondFactorRequired(id: string, required: boolean): Promise<void> {
    await this.sql.query('UPDATE workspace SET second_factor_required = $2 WHERE id = $1', [id, required]);
  }

  private async orNameTaken(name: string, sql: string, parameters: unknown[]): Promise<Row[]> {
    try {
      return await this.sql.query<Row>(sql, parameters);
    } catch (error) {
      if (!isUniqueViolation(error, 'workspace_name_key')) throw error;
      throw new SmartantError('WORKSPACE_NAME_TAKEN', `There is a workspace "${name}" already.`, {
        kind: 'conflict',
        hint: 'Choose another name.',
        fields: [{ field: 'name', message: 'is taken' }],
      });
    }
  }
}

function toWorkspace({ id, name, disabled, second_factor_required, created_at }: Row): WorkspaceRecord {
  return { id, name, disabled, secondFactorRequired: second_factor_required, createdAt: created_at.toISOString() };
}
