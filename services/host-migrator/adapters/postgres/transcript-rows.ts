import type { Tx } from '@smartant/runs';
import type { TranscriptEntry } from '../../application/ports/host-engine';
import type { KeptCommand, TranscriptStore } from '../../application/ports/stores';

interface Row extends Omit<KeptCommand, 'startedAt'> {
  startedAt: Date;
}

/** Tables `transcript` and `transcript_count`. */
export class TranscriptRows implements TranscriptStore {
  async append(tx: Tx, migrationId: string, runId: string, entries: TranscriptEntry[], most: number): Promise<void> {
    await tx.query('INSERT INTO transcript_count (migration_id, run_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [migrationId, runId]);
    const [count] = await tx.query<{ kept: number }>(
      'SELECT kept::float8 AS kept FROM transcript_count WHERE migration_id = $1 AND run_id = $2 FOR UPDATE',
      [migrationId, runId],
    );
    const kept = entries.slice(0, Math.max(0, most - (count?.kept ?? 0)));
    await tx.query(
      `INSERT INTO transcript (migration_id, run_id, host, command, started_at, duration_ms, exit_code, stderr)
       SELECT $1, $2, e.host, e.command, e."startedAt", e."durationMs", e."exitCode", e.stderr
       FROM jsonb_to_recordset($3::jsonb)
         AS e(host text, command text, "startedAt" timestamptz, "durationMs" float8, "exitCode" integer, stderr text)`,
      [migrationId, runId, JSON.stringify(kept)],
    );
    await tx.query('UPDATE transcript_count SET kept = kept + $3, omitted = omitted + $4 WHERE migration_id = $1 AND run_id = $2', [
      migrationId,
      runId,
      kept.length,
      entries.length - kept.length,
    ]);
  }

  async list(tx: Tx, migrationId: string, runId: string | null, limit: number, after: string | null): Promise<KeptCommand[]> {
    const rows = await tx.query<Row>(
      `SELECT id::text AS id, run_id AS "runId", host, command, started_at AS "startedAt", duration_ms::float8 AS "durationMs",
              exit_code AS "exitCode", stderr
       FROM transcript
       WHERE migration_id = $1 AND ($2::text IS NULL OR run_id = $2) AND id > coalesce($3::bigint, 0) ORDER BY transcript.id LIMIT $4`,
      [migrationId, runId, after, limit],
    );
    return rows.map((row) => ({ ...row, startedAt: row.startedAt.toISOString() }));
  }

  async omitted(tx: Tx, migrationId: string, runId: string | null): Promise<number> {
    const [row] = await tx.query<{ omitted: number }>(
      `SELECT coalesce(sum(omitted), 0)::float8 AS omitted FROM transcript_count
       WHERE migration_id = $1 AND ($2::text IS NULL OR run_id = $2)`,
      [migrationId, runId],
    );
    return row?.omitted ?? 0;
  }
}
