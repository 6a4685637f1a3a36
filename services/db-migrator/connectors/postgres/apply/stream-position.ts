import { SmartantError } from '@smartant/kernel';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { SlotIdentity } from '../replication/slot';
import type { PgSession } from '../session/pg-session';

export interface PositionOwner {
  migrationId: string;
  epoch: number;
  slot: SlotIdentity;
}

const DEFINITION = `CREATE SCHEMA IF NOT EXISTS smartant;
CREATE TABLE IF NOT EXISTS smartant.stream_position (
  migration_id text NOT NULL,
  slot text NOT NULL,
  epoch bigint NOT NULL,
  system_identifier text NOT NULL,
  timeline int NOT NULL,
  database text NOT NULL,
  consistent_point pg_catalog.pg_lsn NOT NULL,
  lsn pg_catalog.pg_lsn NOT NULL,
  committed_at timestamptz,
  applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  transactions bigint NOT NULL DEFAULT 0,
  changes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (migration_id, slot))`;

/**
 * Takes the stream over at the target, where its position is kept: from now on transactions of older epochs fail. Resolves with the position
 * up to which everything is applied; for a stream that was not begun yet, the slot's consistent point.
 * Raises DATABASE_EPOCH_STALE when a newer holder was there, DATABASE_SOURCE_CHANGED when the position is one of another slot.
 */
export async function claimPosition(session: PgSession, { migrationId, epoch, slot }: PositionOwner): Promise<Lsn> {
  await definePositions(session);
  const row = await session.transaction(async () => {
    const [found] = await session.query(
      `INSERT INTO smartant.stream_position AS p (migration_id, slot, epoch, system_identifier, timeline, database, consistent_point, lsn)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
       ON CONFLICT (migration_id, slot) DO UPDATE SET epoch = excluded.epoch WHERE p.epoch <= excluded.epoch
       RETURNING lsn, system_identifier, timeline, database, consistent_point`,
      [migrationId, slot.name, String(epoch), slot.systemIdentifier, String(slot.timeline), slot.database, slot.consistentPoint],
    );
    if (!found) throw staleEpoch(migrationId);
    const isSame =
      found['system_identifier'] === slot.systemIdentifier &&
      Number(found['timeline']) === slot.timeline &&
      found['database'] === slot.database &&
      parseLsn(found['consistent_point'] ?? '') === parseLsn(slot.consistentPoint);
    if (!isSame) throw otherSlot(slot.name);
    return found;
  });
  return parseLsn(row['lsn'] ?? '');
}

/** Raises DATABASE_EPOCH_STALE when a newer holder was there. */
export async function assertNewest(session: PgSession, { migrationId, epoch, slot }: PositionOwner): Promise<void> {
  const found = await readPosition(session, migrationId, slot.name);
  if (found && found.epoch > epoch) throw staleEpoch(migrationId);
}

/** Null: nothing was applied yet, and no one has begun. */
export async function readPosition(session: PgSession, migrationId: string, slot: string): Promise<{ lsn: string; epoch: number } | null> {
  const known = await session.query(`SELECT pg_catalog.to_regclass('smartant.stream_position') AS known`);
  if (!known[0]?.['known']) return null;
  const [row] = await session.query('SELECT lsn, epoch FROM smartant.stream_position WHERE migration_id = $1 AND slot = $2', [
    migrationId,
    slot,
  ]);
  return row ? { lsn: row['lsn'] ?? '', epoch: Number(row['epoch']) } : null;
}

/** Before a slot is made again on purpose, after everything that came by the old one was thrown away. */
export async function forgetPosition(session: PgSession, { migrationId, epoch }: Omit<PositionOwner, 'slot'>): Promise<void> {
  await definePositions(session);
  const newer = await session.query('SELECT FROM smartant.stream_position WHERE migration_id = $1 AND epoch > $2', [
    migrationId,
    String(epoch),
  ]);
  if (newer.length > 0) throw staleEpoch(migrationId);
  await session.query('DELETE FROM smartant.stream_position WHERE migration_id = $1 AND epoch <= $2', [migrationId, String(epoch)]);
}

/** Two holders may come at once: what the other has just made is there. */
async function definePositions(session: PgSession): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const known = await session.query(`SELECT pg_catalog.to_regclass('smartant.stream_position') AS known`);
    if (known[0]?.['known']) return;
    try {
      await session.query(DEFINITION);
      return;
    } catch (error) {
      if (tries >= 3) throw error;
    }
  }
}

export const MOVE_POSITION = `UPDATE smartant.stream_position SET lsn = $4, committed_at = COALESCE($5, committed_at),
  applied_at = pg_catalog.clock_timestamp(), transactions = transactions + $6, changes = changes + $7
  WHERE migration_id = $1 AND slot = $2 AND epoch = $3`;

export function staleEpoch(migrationId: string): SmartantError {
  return new SmartantError('DATABASE_EPOCH_STALE', `Another holder applies the changes of ${migrationId} now.`, { kind: 'conflict' });
}

function otherSlot(name: string): SmartantError {
  return new SmartantError('DATABASE_SOURCE_CHANGED', `The position at the target is not one of this replication slot "${name}".`, {
    kind: 'precondition',
    actor: 'operator',
    hint: 'The slot was made again, or the source is another server: begin the migration again.',
  });
}
