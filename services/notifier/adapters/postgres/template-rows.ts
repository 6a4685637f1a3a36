import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { TemplateRecord, TemplateStore } from '../../application/ports/stores';

type Row = Omit<TemplateRecord, 'version'> & { version: string };
const COLUMNS = 'workspace_id AS "workspaceId", channel_type AS "channelType", language, title, body, version';
const recordOf = (row: Row): TemplateRecord => ({ ...row, version: Number(row.version) });

/** Templates of workspaces in the table `template`. */
export class TemplateRows implements TemplateStore {
  constructor(private readonly database: Pick<Database, 'query'>) {}

  list(workspaceId: string): Promise<TemplateRecord[]> {
    return templatesOf(this.database, workspaceId);
  }

  async put(template: Omit<TemplateRecord, 'version'>, ifVersion: number, actor: string): Promise<TemplateRecord | null> {
    const { workspaceId, channelType, language, title, body } = template;
    const sql =
      ifVersion === 0
        ? `INSERT INTO template (workspace_id, channel_type, language, title, body, version, updated_at, updated_by)
           VALUES ($1, $2, $3, $4, $5, $7::bigint + 1, clock_timestamp(), $6) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`
        : `UPDATE template SET title = $4, body = $5, version = version + 1, updated_at = clock_timestamp(), updated_by = $6
           WHERE workspace_id = $1 AND channel_type = $2 AND language = $3 AND version = $7 RETURNING ${COLUMNS}`;
    const [row] = await this.database.query<Row>(sql, [workspaceId, channelType, language, title, body, actor, ifVersion]);
    return row ? recordOf(row) : null;
  }

  async remove(workspaceId: string, channelType: string, language: string): Promise<boolean> {
    const gone = await this.database.query(
      'DELETE FROM template WHERE workspace_id = $1 AND channel_type = $2 AND language = $3 RETURNING version',
      [workspaceId, channelType, language],
    );
    return gone.length > 0;
  }
}

export async function templatesOf(executor: SqlExecutor, workspaceId: string): Promise<TemplateRecord[]> {
  const rows = await executor.query<Row>(`SELECT ${COLUMNS} FROM template WHERE workspace_id = $1 ORDER BY channel_type, language`, [
    workspaceId,
  ]);
  return rows.map(recordOf);
}
