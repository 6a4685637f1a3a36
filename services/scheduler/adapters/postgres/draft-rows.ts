import type { SqlExecutor } from '@smartant/platform/postgres';
import type { DraftStore } from '../../application/ports/unit-of-work';
import type { MigrationDraft } from '../../domain/migration/draft';

interface Row {
  id: string;
  workspace_id: string;
  name: string;
  content: Record<string, unknown>;
  created_by: string;
  updated_by: string;
  version: string;
  created_at: Date;
  updated_at: Date;
}

export class DraftRows implements DraftStore {
  constructor(private readonly sql: SqlExecutor) {}

  async insert({ id, workspaceId, name, content, createdBy }: Parameters<DraftStore['insert']>[0]): Promise<MigrationDraft> {
    const [row] = await this.sql.query<Row>(
      `INSERT INTO migration_draft (id, workspace_id, name, content, created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $5) RETURNING *`,
      [id, workspaceId, name, JSON.stringify(content), createdBy],
    );
    return toDraft(row!);
  }

  async find(workspaceId: string, id: string): Promise<MigrationDraft | null> {
    const [row] = await this.sql.query<Row>('SELECT * FROM migration_draft WHERE workspace_id = $1 AND id = $2', [workspaceId, id]);
    return row ? toDraft(row) : null;
  }

  async page(workspaceId: string, beforeId: string | null, limit: number): Promise<MigrationDraft[]> {
    const rows = await this.sql.query<Row>(
      'SELECT * FROM migration_draft WHERE workspace_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3',
      [workspaceId, beforeId, limit],
    );
    return rows.map(toDraft);
  }

  async update({ id, workspaceId, name, content, updatedBy, version }: MigrationDraft): Promise<MigrationDraft | null> {
    const [row] = await this.sql.query<Row>(
      `WITH changed AS (
         UPDATE migration_draft SET name = $3, content = $4, updated_by = $5, version = version + 1, updated_at = now()
         WHERE workspace_id = $1 AND id = $2 AND version = $6 RETURNING *
       ) SELECT * FROM changed`,
      [workspaceId, id, name, JSON.stringify(content), updatedBy, version],
    );
    return row ? toDraft(row) : null;
  }

  async remove(workspaceId: string, id: string): Promise<boolean> {
    const sql = 'WITH gone AS (DELETE FROM migration_draft WHERE workspace_id = $1 AND id = $2 RETURNING 1) SELECT * FROM gone';
    return (await this.sql.query(sql, [workspaceId, id])).length > 0;
  }

  async removeOlderThan(days: number): Promise<void> {
    await this.sql.query('DELETE FROM migration_draft WHERE updated_at < now() - make_interval(days => $1::int)', [days]);
  }
}

function toDraft({ id, name, content, ...row }: Row): MigrationDraft {
  return {
    id,
    workspaceId: row.workspace_id,
    name,
    content,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
    version: Number(row.version),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
