import type { SqlExecutor } from '@smartant/platform/postgres';
import type { DomainEvent } from '../domain-event';
import type { ParkedEvent } from '../event-bus';
import { BUS_CHANNEL } from './bus-schema';
import type { Membership, PartitionLease } from './group-lease';

interface ParkedRow {
  event: DomainEvent;
  consumer_group: string;
  reason: string;
  error_code: string | null;
  attempts: number;
  parked_at: Date;
}

/** What a group has parked, oldest first. */
export async function listParked(sql: SqlExecutor, topic: string, group: string, limit: number): Promise<ParkedEvent[]> {
  const rows = await sql.query<ParkedRow>(
    'SELECT * FROM parked WHERE topic = $1 AND consumer_group = $2 AND NOT replaying ORDER BY id LIMIT $3',
    [topic, group, limit],
  );
  return rows.map((row) => ({
    event: row.event,
    group: row.consumer_group,
    reason: row.reason,
    errorCode: row.error_code,
    attempts: row.attempts,
    parkedAt: row.parked_at.toISOString(),
  }));
}

/** Marks a group's parked events to be handled again by the holders of their partitions; resolves with their number. */
export async function requestReplay(sql: SqlExecutor, topic: string, group: string): Promise<number> {
  const rows = await sql.query(
    'UPDATE parked SET replaying = true WHERE topic = $1 AND consumer_group = $2 AND NOT replaying RETURNING 1',
    [topic, group],
  );
  await sql.query(`SELECT pg_notify('${BUS_CHANNEL}', 'log ' || $1)`, [topic]);
  return rows.length;
}

export interface ReplayRow {
  id: string;
  partition: number;
  event: DomainEvent;
}

/** Events to handle again in these partitions, oldest first. */
export async function eventsToReplay(sql: SqlExecutor, { topic, group }: Membership, partitions: number[]): Promise<ReplayRow[]> {
  return sql.query<ReplayRow>(
    `SELECT id, partition, event FROM parked
     WHERE topic = $1 AND consumer_group = $2 AND replaying AND partition = ANY($3::int[]) ORDER BY id LIMIT 100`,
    [topic, group, partitions],
  );
}

/** Forgets a parked event that has been handled; false when the partition is no longer this member's. */
export async function settleReplay(
  sql: SqlExecutor,
  { topic, group, member }: Membership,
  lease: PartitionLease,
  id: string,
): Promise<boolean> {
  const rows = await sql.query(
    `DELETE FROM parked USING group_partition AS held
     WHERE parked.id = $1::bigint AND held.topic = $2 AND held.consumer_group = $3 AND held.partition = $4
       AND held.owner = $5 AND held.epoch = $6::bigint
     RETURNING 1`,
    [id, topic, group, lease.partition, member, lease.epoch],
  );
  return rows.length > 0;
}
