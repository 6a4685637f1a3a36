import { SmartantError } from '@smartant/kernel';
import type { PgSession } from '../session/pg-session';

/**
 * Writes down at the target that it is open, once: called again it resolves with the first time. The row is what says after a crash
 * that applications may already write there, so that nobody thaws the source. RFC 3339, by the target's clock.
 * Raises DATABASE_EPOCH_STALE when a later holder has written already.
 */
export async function openTarget(target: PgSession, migrationId: string, epoch: number, signal?: AbortSignal): Promise<string> {
  return target.transaction(async () => {
    await target.query(TABLE, undefined, signal);
    const [row] = await target.query(
      `INSERT INTO smartant.cutover AS c (migration_id, epoch) VALUES ($1, $2)
        ON CONFLICT (migration_id) DO UPDATE SET epoch = excluded.epoch WHERE c.epoch <= excluded.epoch
        RETURNING to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS opened_at`,
      [migrationId, String(epoch)],
      signal,
    );
    if (row?.['opened_at']) return row['opened_at'];
    throw new SmartantError('DATABASE_EPOCH_STALE', 'Somebody else has taken over the work on this database.', {
      kind: 'conflict',
      actor: 'operator',
    });
  }, 'BEGIN READ WRITE');
}

/** When it was opened; null: it was not, or its bookkeeping is gone. */
export async function targetOpenedAt(target: PgSession, migrationId: string, signal?: AbortSignal): Promise<string | null> {
  const [table] = await target.query(`SELECT to_regclass('smartant.cutover') IS NOT NULL AS is_there`, undefined, signal);
  if (table?.['is_there'] !== 't') return null;
  const [row] = await target.query(
    `SELECT to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS opened_at FROM smartant.cutover WHERE migration_id = $1`,
    [migrationId],
    signal,
  );
  return row?.['opened_at'] ?? null;
}

const TABLE = `CREATE SCHEMA IF NOT EXISTS smartant;
  CREATE TABLE IF NOT EXISTS smartant.cutover (migration_id text PRIMARY KEY, epoch bigint NOT NULL, opened_at timestamptz NOT NULL DEFAULT clock_timestamp())`;
