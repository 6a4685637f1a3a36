import { SmartantError } from '@smartant/kernel';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { SlotIdentity } from '../replication/slot';
import { makeTables } from '../session/make-tables';
import type { PgSession } from '../session/pg-session';
import type { Split } from './target-table';

export interface PositionOwner {
  migrationId: string;
  epoch: number;
  slot: SlotIdentity;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS smartant.stream_position (
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
    PRIMARY KEY (migration_id, slot))`,
  `CREATE TABLE IF NOT EXISTS smartant.stream_split (
    migration_id text NOT NULL,
    slot text NOT NULL,
    unit text NOT NULL,
    split text NOT NULL,
    PRIMARY KEY (migration_id, slot, unit))`,
  `CREATE TABLE IF NOT EXISTS smartant.stream_applier (
    migration_id text NOT NULL,
    slot text NOT NULL,
    applier int NOT NULL,
    appliers int NOT NULL,
    epoch bigint NOT NULL,
    lsn pg_catalog.pg_lsn NOT NULL,
    PRIMARY KEY (migration_id, slot, applier))`,
];

/**
 * Takes the stream over at the target, where its position is kept: from now on transactions of older epochs fail. Resolves with the position
 * up to which everything is applied; for a stream that was not begun yet, the slot's consistent point.
 *
 * `leftOut`: "schema.table" of the source whose changes are left out from here until they are copied again: how they were shared out before says
 * nothing of a batch that is left unfinished meanwhile.
 * Raises DATABASE_EPOCH_STALE when a newer holder was there, DATABASE_SOURCE_CHANGED when the position is one of another slot.
 */
export async function claimPosition(
  session: PgSession,
  { migrationId, epoch, slot }: PositionOwner,
  leftOut: Iterable<string> = [],
): Promise<ClaimedPosition> {
  // Asked for first: making them takes rights that need not last as long as a stream.
  const [tables] = await session.query(`SELECT pg_catalog.to_regclass('smartant.stream_applier') AS made`);
  if (!tables?.['made']) await makeTables(session, TABLES);
  const [row, appliers] = await session.transaction(async () => {
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
    const claimed = await session.query(CLAIM_APPLIERS, [migrationId, slot.name, String(epoch)]);
    await session.query(FORGET_SPLITS, [migrationId, slot.name, JSON.stringify([...leftOut])]);
    return [found, claimed] as const;
  });
  const lsn = parseLsn(row['lsn'] ?? '');
  const ahead = new Map(appliers.map((applier) => [Number(applier['applier']), parseLsn(applier['lsn'] ?? '')]));
  if (![...ahead.values()].some((position) => position > lsn)) return { lsn, unfinished: null };
  const splits = await session.query('SELECT unit, split FROM smartant.stream_split WHERE migration_id = $1 AND slot = $2', [
    migrationId,
    slot.name,
  ]);
  return {
    lsn,
    unfinished: {
      appliers: Number(appliers[0]?.['appliers']),
      positions: ahead,
      splits: new Map(splits.map(({ unit, split }) => [unit ?? '', split as Split])),
    },
  };
}

export interface ClaimedPosition {
  /** Everything before it is applied. */
  lsn: Lsn;
  /** Null: nothing after it is applied. */
  unfinished: UnfinishedBatch | null;
}

/** A batch that was written by several appliers, some of which did not come to their commit. */
export interface UnfinishedBatch {
  /** How many shared the changes. */
  appliers: number;
  /** By the number of an applier: what was its to do before this position is done. */
  positions: ReadonlyMap<number, Lsn>;
  /** How the changes of each "schema.table" of the source were shared out. */
  splits: ReadonlyMap<string, Split>;
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

/** The position of one slot, which was dropped or is about to be made again. */
export async function forgetSlot(session: PgSession, { migrationId, epoch }: Omit<PositionOwner, 'slot'>, slot: string): Promise<void> {
  const known = await session.query(`SELECT pg_catalog.to_regclass('smartant.stream_position') AS known`);
  if (!known[0]?.['known']) return;
  await session.query('DELETE FROM smartant.stream_position WHERE migration_id = $1 AND slot = $2 AND epoch <= $3', [
    migrationId,
    slot,
    String(epoch),
  ]);
  for (const table of ['stream_applier', 'stream_split']) {
    const [there] = await session.query(`SELECT pg_catalog.to_regclass('smartant.${table}') AS known`);
    if (there?.['known']) await session.query(`DELETE FROM smartant.${table} WHERE migration_id = $1 AND slot = $2`, [migrationId, slot]);
  }
}

export const MOVE_POSITION = `UPDATE smartant.stream_position SET lsn = $4, committed_at = COALESCE($5, committed_at),
  applied_at = pg_catalog.clock_timestamp(), transactions = transactions + $6, changes = changes + $7
  WHERE migration_id = $1 AND slot = $2 AND epoch = $3`;

/** Of all but the first, which moves the position itself. */
export const MOVE_APPLIER = `UPDATE smartant.stream_applier SET lsn = $5 WHERE migration_id = $1 AND slot = $2 AND epoch = $3 AND applier = $4`;

const CLAIM_APPLIERS = `UPDATE smartant.stream_applier SET epoch = $3 WHERE migration_id = $1 AND slot = $2 RETURNING applier, appliers, lsn`;

const FORGET_SPLITS = `DELETE FROM smartant.stream_split
  WHERE migration_id = $1 AND slot = $2 AND unit IN (SELECT pg_catalog.json_array_elements_text($3::json))`;

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
