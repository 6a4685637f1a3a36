import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ParkedEvent } from '../event-bus';
import { BUS_CHANNEL, PARTITIONS } from './bus-schema';

/** One partition as held by one member: what names it in every write. */
export interface PartitionLease {
  partition: number;
  /** Grows with each claim; a write with an older one changes nothing. */
  epoch: string;
  /** The last position that the group has done with. */
  position: string;
}

export interface Membership {
  topic: string;
  group: string;
  /** Unique in the world and in time. */
  member: string;
  leaseMs: number;
}

const WAKE_GROUP = `SELECT pg_notify('${BUS_CHANNEL}', 'group ' || $1)`;

/** The SQL of one member's share of a group. Leases live on the database's clock. */
export class GroupLease {
  constructor(
    private readonly sql: SqlExecutor,
    readonly membership: Membership,
  ) {}

  async join(): Promise<void> {
    const { topic, group } = this.membership;
    await this.sql.query(
      `INSERT INTO group_partition (topic, consumer_group, partition)
       SELECT $1, $2, generate_series(0, ${PARTITIONS - 1}) ON CONFLICT DO NOTHING`,
      [topic, group],
    );
    await this.beat();
    await this.wakeGroup();
  }

  /** Says that this member lives, and resolves with how many partitions are its fair share. */
  async beat(): Promise<number> {
    const { topic, group, member, leaseMs } = this.membership;
    const rows = await this.sql.query<{ members: number }>(
      `WITH gone AS (DELETE FROM group_member WHERE topic = $2 AND consumer_group = $3 AND alive_until < clock_timestamp()),
       me AS (
         INSERT INTO group_member (member, topic, consumer_group, alive_until)
         VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
         ON CONFLICT (member) DO UPDATE SET alive_until = excluded.alive_until
       )
       SELECT (1 + count(*))::int AS members FROM group_member
       WHERE topic = $2 AND consumer_group = $3 AND member <> $1 AND alive_until >= clock_timestamp()`,
      [member, topic, group, leaseMs / 1000],
    );
    return Math.ceil(PARTITIONS / (rows[0]?.members ?? 1));
  }

  /**
   * Prolongs these, where they are still this member's; what is missing in the answer is lost. No others: one that was claimed here and whose
   * answer was lost is held by nobody, and has to run out.
   */
  async renew(leases: PartitionLease[]): Promise<PartitionLease[]> {
    return this.sql.query<PartitionLease>(
      `UPDATE group_partition AS held SET leased_until = clock_timestamp() + make_interval(secs => $4)
       FROM unnest($5::int[], $6::bigint[]) AS given (partition, epoch)
       WHERE held.topic = $1 AND held.consumer_group = $2 AND held.owner = $3
         AND held.partition = given.partition AND held.epoch = given.epoch
       RETURNING held.partition, held.epoch, held.position`,
      [...this.withLease(), leases.map((lease) => lease.partition), leases.map((lease) => lease.epoch)],
    );
  }

  /** Takes up to `count` partitions that nobody holds or whose lease is over. */
  async claim(count: number): Promise<PartitionLease[]> {
    return this.sql.query<PartitionLease>(
      `UPDATE group_partition AS held
       SET owner = $3, epoch = held.epoch + 1, leased_until = clock_timestamp() + make_interval(secs => $4)
       FROM (
         SELECT partition FROM group_partition
         WHERE topic = $1 AND consumer_group = $2 AND (owner IS NULL OR leased_until < clock_timestamp())
         ORDER BY partition LIMIT $5 FOR UPDATE SKIP LOCKED
       ) AS free
       WHERE held.topic = $1 AND held.consumer_group = $2 AND held.partition = free.partition
       RETURNING held.partition, held.epoch, held.position`,
      [...this.withLease(), count],
    );
  }

  async release(leases: PartitionLease[]): Promise<void> {
    if (leases.length === 0) return;
    const { topic, group, member } = this.membership;
    await this.sql.query(
      `UPDATE group_partition AS held SET owner = NULL, leased_until = NULL
       FROM unnest($4::int[], $5::bigint[]) AS given (partition, epoch)
       WHERE held.topic = $1 AND held.consumer_group = $2 AND held.owner = $3
         AND held.partition = given.partition AND held.epoch = given.epoch`,
      [topic, group, member, leases.map((lease) => lease.partition), leases.map((lease) => lease.epoch)],
    );
    await this.wakeGroup();
  }

  /** Forgets the member, so that the others' shares grow at once. */
  async leave(): Promise<void> {
    await this.sql.query('DELETE FROM group_member WHERE member = $1', [this.membership.member]);
    await this.wakeGroup();
  }

  /** Moves the group's position in a partition. False when the lease is no longer this member's. */
  async advance(lease: PartitionLease, position: string): Promise<boolean> {
    const rows = await this.sql.query(`${ADVANCE} RETURNING 1`, [...this.fence(lease), position]);
    return rows.length > 0;
  }

  /** Parks an event and moves the position past it in one statement. False when the lease is no longer this member's. */
  async park(
    lease: PartitionLease,
    position: string,
    parked: Pick<ParkedEvent, 'event' | 'reason' | 'errorCode' | 'attempts'>,
  ): Promise<boolean> {
    const rows = await this.sql.query(
      `WITH moved AS (${ADVANCE} RETURNING topic, consumer_group, partition)
       INSERT INTO parked (topic, consumer_group, partition, event_id, event, reason, error_code, attempts)
       SELECT topic, consumer_group, partition, $7, $8::json, $9, $10, $11 FROM moved
       ON CONFLICT (topic, consumer_group, event_id) DO UPDATE
         SET reason = excluded.reason, error_code = excluded.error_code,
             attempts = parked.attempts + excluded.attempts, parked_at = now(), replaying = false
       RETURNING 1`,
      [...this.fence(lease), position, ...parkedValues(parked)],
    );
    return rows.length > 0;
  }

  private withLease(): unknown[] {
    const { topic, group, member, leaseMs } = this.membership;
    return [topic, group, member, leaseMs / 1000];
  }

  private fence(lease: PartitionLease): unknown[] {
    const { topic, group, member } = this.membership;
    return [topic, group, lease.partition, member, lease.epoch];
  }

  private async wakeGroup(): Promise<void> {
    await this.sql.query(WAKE_GROUP, [this.membership.topic]);
  }
}

/** greatest(): a replayed event lies behind the position and must not take it back. */
const ADVANCE = `UPDATE group_partition SET position = greatest(position, $6::bigint)
  WHERE topic = $1 AND consumer_group = $2 AND partition = $3 AND owner = $4 AND epoch = $5::bigint`;

/** PostgreSQL's text cannot hold U+0000. */
function parkedValues({ event, reason, errorCode, attempts }: Pick<ParkedEvent, 'event' | 'reason' | 'errorCode' | 'attempts'>): unknown[] {
  return [event.id, JSON.stringify(event), reason.replaceAll('\u0000', '\uFFFD'), errorCode, attempts];
}
