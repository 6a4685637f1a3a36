import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { SilenceRecord, SilenceStore } from '../../application/ports/stores';
import { storedRequest } from './stored-request';

const COLUMNS = `s.id, s.workspace_id AS "workspaceId", s.matchers, s.starts_at AS "startsAt", s.ends_at AS "endsAt", s.comment, s.created_by AS "createdBy",
  s.created_at AS "createdAt",
  CASE WHEN s.ends_at <= clock_timestamp() THEN 'expired' WHEN s.starts_at > clock_timestamp() THEN 'pending' ELSE 'active' END AS state`;

/** Silences in the table `silence`. Whatever changes one has the groups look again that hold something back. */
export class SilenceRows implements SilenceStore {
  constructor(private readonly database: Pick<Database, 'query' | 'transaction'>) {}

  find(workspaceId: string, id: string): Promise<SilenceRecord | null> {
    return one(this.database, 's.workspace_id = $1 AND s.id = $2', [workspaceId, id]);
  }

  madeBy(workspaceId: string, requestId: string): Promise<SilenceRecord | null> {
    return one(this.database, 's.workspace_id = $1 AND s.request_id = $2', [workspaceId, storedRequest(workspaceId, requestId)]);
  }

  put(silence: Omit<SilenceRecord, 'createdAt' | 'state'>, requestId: string | null): Promise<SilenceRecord> {
    const { id, workspaceId, matchers, startsAt, endsAt, comment, createdBy } = silence;
    return this.database.transaction(async (tx) => {
      const [row] = await tx.query<{ id: string }>(
        `INSERT INTO silence (id, workspace_id, matchers, starts_at, ends_at, comment, created_by, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET matchers = excluded.matchers, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
           comment = excluded.comment, created_by = excluded.created_by RETURNING id`,
        [id, workspaceId, JSON.stringify(matchers), startsAt, endsAt, comment, createdBy, storedRequest(workspaceId, requestId)],
      );
      await lookAgain(tx, workspaceId);
      return (await one(tx, 's.id = $1', [row?.id])) as SilenceRecord;
    });
  }

  expire(workspaceId: string, id: string): Promise<SilenceRecord | null> {
    return this.database.transaction(async (tx) => {
      await tx.query(
        `UPDATE silence SET ends_at = greatest(starts_at, clock_timestamp()), starts_at = least(starts_at, clock_timestamp())
         WHERE workspace_id = $1 AND id = $2 AND ends_at > clock_timestamp()`,
        [workspaceId, id],
      );
      await tx.query('UPDATE silence SET ends_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2 AND ends_at > clock_timestamp()', [
        workspaceId,
        id,
      ]);
      await lookAgain(tx, workspaceId);
      return one(tx, 's.workspace_id = $1 AND s.id = $2', [workspaceId, id]);
    });
  }

  list(workspaceId: string, state: string, size: number, after: string | null): Promise<SilenceRecord[]> {
    return this.database.query<SilenceRecord>(
      `SELECT * FROM (SELECT ${COLUMNS} FROM silence AS s WHERE s.workspace_id = $1 AND ($3::text IS NULL OR s.id < $3)) AS s
       WHERE $2 = '' OR s.state = $2 ORDER BY s.id DESC LIMIT $4`,
      [workspaceId, state, after, size],
    );
  }

  active(workspaceId: string, at: Date): Promise<SilenceRecord[]> {
    return activeSilences(this.database, workspaceId, at);
  }
}

export function activeSilences(executor: SqlExecutor, workspaceId: string, at: Date): Promise<SilenceRecord[]> {
  return executor.query<SilenceRecord>(
    `SELECT ${COLUMNS} FROM silence AS s WHERE s.workspace_id = $1 AND s.starts_at <= $2 AND s.ends_at > $2 ORDER BY s.id`,
    [workspaceId, at],
  );
}

async function one(executor: SqlExecutor, where: string, params: unknown[]): Promise<SilenceRecord | null> {
  const [row] = await executor.query<SilenceRecord>(`SELECT ${COLUMNS} FROM silence AS s WHERE ${where}`, params);
  return row ?? null;
}

async function lookAgain(tx: SqlExecutor, workspaceId: string): Promise<void> {
  await tx.query(
    `UPDATE alert_group AS g SET due_at = clock_timestamp() WHERE g.workspace_id = $1 AND g.due_at > clock_timestamp() AND g.last_notified_at IS NOT NULL
       AND EXISTS (SELECT 1 FROM alert_group_member AS m WHERE m.group_id = g.id AND m.pending)`,
    [workspaceId],
  );
}
