import { SmartantError } from '@smartant/kernel';
import { makeTables } from '../session/make-tables';
import type { PgSession } from '../session/pg-session';

/**
 * Takes over the right to open the target: no older holder can from then on, however late its statement comes. Resolves with when it was
 * opened; null: it is closed, and stays so until the holder of this epoch opens it. RFC 3339, by the target's clock.
 * Raises DATABASE_EPOCH_STALE when a later holder was there.
 */
export async function claimOpening(target: PgSession, migrationId: string, epoch: number, signal?: AbortSignal): Promise<string | null> {
  return target.transaction(async () => {
    await makeTables(target, [TABLE], signal);
    const [row] = await target.query(
      `INSERT INTO smartant.cutover AS c (migration_id, epoch) VALUES ($1, $2)
        ON CONFLICT (migration_id) DO UPDATE SET epoch = excluded.epoch WHERE c.epoch <= excluded.epoch
        RETURNING ${OPENED_AT}`,
      [migrationId, String(epoch)],
      signal,
    );
    if (!row) throw staleEpoch();
    return row['opened_at'] ?? null;
  }, 'BEGIN READ WRITE');
}

/**
 * Writes down at the target that it is open, once: called again it resolves with the first time. The row is what says after a crash
 * that applications may already write there, so that nobody thaws the source. After `claimOpening`, whose holder has to be the last one:
 * raises DATABASE_EPOCH_STALE otherwise.
 */
export async function openTarget(target: PgSession, migrationId: string, epoch: number, signal?: AbortSignal): Promise<string> {
  return target.transaction(async () => {
    const [row] = await target.query(
      `UPDATE smartant.cutover SET opened_at = coalesce(opened_at, clock_timestamp()) WHERE migration_id = $1 AND epoch = $2 RETURNING ${OPENED_AT}`,
      [migrationId, String(epoch)],
      signal,
    );
    if (row?.['opened_at']) return row['opened_at'];
    throw staleEpoch();
  }, 'BEGIN READ WRITE');
}

/** When it was opened; null: it was not, or its bookkeeping is gone. */
export async function targetOpenedAt(target: PgSession, migrationId: string, signal?: AbortSignal): Promise<string | null> {
  const [table] = await target.query(`SELECT to_regclass('smartant.cutover') IS NOT NULL AS is_there`, undefined, signal);
  if (table?.['is_there'] !== 't') return null;
  const [row] = await target.query(`SELECT ${OPENED_AT} FROM smartant.cutover WHERE migration_id = $1`, [migrationId], signal);
  return row?.['opened_at'] ?? null;
}

function staleEpoch(): SmartantError {
  return new SmartantError('DATABASE_EPOCH_STALE', 'Somebody else has taken over the work on this database.', {
    kind: 'conflict',
    actor: 'operator',
  });
}

const OPENED_AT = `to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS opened_at`;

/** `opened_at` null: claimed, and closed. */
const TABLE = `CREATE TABLE IF NOT EXISTS smartant.cutover (migration_id text PRIMARY KEY, epoch bigint NOT NULL, opened_at timestamptz)`;
