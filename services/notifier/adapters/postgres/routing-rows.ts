import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { RoutingRecord, RoutingStore } from '../../application/ports/stores';
import { DEFAULT_DOCUMENT } from '../../domain/routing/routing-document';

type Row = Omit<RoutingRecord, 'version'> & { version: string };
const COLUMNS = 'version, document, updated_at AS "updatedAt", updated_by AS "updatedBy"';

/** The routing of a workspace, as one document. */
export class RoutingRows implements RoutingStore {
  constructor(private readonly database: Pick<Database, 'query' | 'transaction'>) {}

  read(workspaceId: string): Promise<RoutingRecord> {
    return readRouting(this.database, workspaceId);
  }

  replace(workspaceId: string, ifVersion: number, document: unknown, actor: string): Promise<RoutingRecord | null> {
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<Row>(
        `INSERT INTO routing AS r (workspace_id, version, document, updated_at, updated_by) SELECT $1, 1, $3::jsonb, clock_timestamp(), $4 WHERE $2 = 0
         ON CONFLICT (workspace_id) DO NOTHING RETURNING ${COLUMNS}`,
        [workspaceId, ifVersion, JSON.stringify(document), actor],
      );
      const [changed] = row
        ? [row]
        : await tx.query<Row>(
            `UPDATE routing SET version = version + 1, document = $3, updated_at = clock_timestamp(), updated_by = $4
             WHERE workspace_id = $1 AND version = $2 RETURNING ${COLUMNS}`,
            [workspaceId, ifVersion, JSON.stringify(document), actor],
          );
      if (!changed) return null;
      await tx.query(`UPDATE alert SET route_due = true WHERE workspace_id = $1 AND status = 'firing' AND NOT route_due`, [workspaceId]);
      return recordOf(changed);
    });
  }
}

export async function readRouting(executor: SqlExecutor, workspaceId: string): Promise<RoutingRecord> {
  const [row] = await executor.query<Row>(`SELECT ${COLUMNS} FROM routing WHERE workspace_id = $1`, [workspaceId]);
  return row ? recordOf(row) : { version: 0, document: DEFAULT_DOCUMENT, updatedAt: null, updatedBy: '' };
}

const recordOf = (row: Row): RoutingRecord => ({ ...row, version: Number(row.version) });
