import { SmartantError } from '@smartant/kernel';
import type { PgSession } from '../session/pg-session';

/**
 * Takes the decision over at the target: from now on no older holder opens it, who may have been stopped on the way there and wake up after the
 * source was given back. Resolves with when it was opened (RFC 3339, by the target's clock); null: it is closed, and stays so.
 * Raises DATABASE_EPOCH_OVER when a later holder has taken over already.
 */
export async function claimOpening(target: PgSession, migrationId: string, epoch: number, signal?: AbortSignal): Promise<string | null> {
  return write(target, migrationId, epoch, 'NULL', signal);
}

/**
 * Writes down at the target that it is open, once: called again it resolves with the first time. The row is what says after a crash
 * that applications may already write there, so that nobody thaws the source. RFC 3339, by the target's clock.
 * Raises DATABASE_EPOCH_OVER when a later holder has taken over.
 */
export async function openTarget(target: PgSession, migrationId: string, epoch: number, signal?: AbortSignal): Promise<string> {
  return (await write(target, migrationId, epoch, 'clock_timestamp()', signal)) ?? '';
}

async function write(
  target: PgSession,
  migrationId: string,
  epoch: number,
  openedAt: 'NULL' | 'clock_timestamp()',
  signal?: AbortSignal,
): Promise<string | null> {
  return target.transaction(async () => {
    const [column] = await target.query(OPENED_AT, undefined, signal);
    if (column?.['is_required'] !== 'f') await target.query(TABLE, undefined, signal);
    const [row] = await target.query(
      `INSERT INTO smartant.cutover AS c (migration_id, epoch, opened_at) VALUES ($1, $2, ${openedAt})
        ON CONFLICT (migration_id) DO UPDATE SET epoch = excluded.epoch, opened_at = coalesce(c.opened_at, excluded.opened_at)
          WHERE c.epoch <= excluded.epoch
        RETURNING ${RFC_3339} AS opened_at`,
      [migrationId, String(epoch)],
      signal,
    );
    if (row) return row['opened_at'] ?? null;
    throw new SmartantError('DATABASE_EPOCH_OVER', 'Somebody else has taken over the work on this database.', {
      kind: 'conflict',
      actor: 'operator',
    });
  }, 'BEGIN READ WRITE');
}

/** When it was opened; null: it was not, or its bookkeeping is gone. */
export async function targetOpenedAt(target: PgSession, migrationId: string, signal?: AbortSignal): Promise<string | null> {
  const [table] = await target.query(`SELECT to_regclass('smartant.cutover') IS NOT NULL AS is_there`, undefined, signal);
  if (table?.['is_there'] !== 't') return null;
  const [row] = await target.query(`SELECT ${RFC_3339} AS opened_at FROM smartant.cutover WHERE migration_id = $1`, [migrationId], signal);
  return row?.['opened_at'] ?? null;
}

const RFC_3339 = `to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const OPENED_AT = `SELECT attnotnull AS is_required FROM pg_attribute WHERE attrelid = to_regclass('smartant.cutover') AND attname = 'opened_at'`;
/** Null in `opened_at`: nobody has opened it. A table of an earlier version knew only open targets. */
const TABLE = `CREATE SCHEMA IF NOT EXISTS smartant;
  CREATE TABLE IF NOT EXISTS smartant.cutover (migration_id text PRIMARY KEY, epoch bigint NOT NULL, opened_at timestamptz);
  ALTER TABLE smartant.cutover ALTER opened_at DROP NOT NULL, ALTER opened_at DROP DEFAULT`;
