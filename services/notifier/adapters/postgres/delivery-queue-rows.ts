import { randomUUID } from 'node:crypto';
import { newId } from '@smartant/kernel';
import type { Database, Transaction } from '@smartant/platform/postgres';
import type { AttemptOutcome, ClaimedDelivery, DeliveryQueue } from '../../application/ports/delivery-queue';
import type { ChannelRecord } from '../../application/ports/stores';
import type { Message } from '../../domain/message';
import { bucketOf } from '../../domain/token-bucket';
import { CHANNEL_COLUMNS, channelOf } from './channel-rows';

type ClaimOptions = Parameters<DeliveryQueue['claim']>[0];

/** Channels that are looked at for one claim. */
const CANDIDATES = 50;

const DUE = `d.state = 'pending' AND d.lease IS NULL`;
const READY = `c.enabled AND NOT EXISTS (SELECT 1 FROM quota_bucket AS q WHERE q.channel_id = c.id AND q.ready_at > clock_timestamp())`;

/** Deliveries that wait, in the table `delivery`; leases, backoff and buckets go by the database's clock. */
export class DeliveryQueueRows implements DeliveryQueue {
  constructor(private readonly database: Pick<Database, 'query' | 'transaction'>) {}

  async claim(options: ClaimOptions): Promise<ClaimedDelivery | null> {
    // By channel, the longest waiting first: one that is throttled, and has very many, is passed over as a whole.
    const candidates = await this.database.query<{ id: string; type: string }>(
      `SELECT c.id, c.type FROM channel AS c, LATERAL (
         SELECT d.next_attempt_at FROM delivery AS d WHERE d.channel_id = c.id AND ${DUE} AND d.next_attempt_at <= clock_timestamp()
         ORDER BY d.next_attempt_at LIMIT 1) AS first
       WHERE ${READY} AND c.id <> ALL($1) ORDER BY first.next_attempt_at LIMIT ${CANDIDATES}`,
      [options.busy],
    );
    for (const { id, type } of candidates) {
      const claimed = await this.database.transaction((tx) => claimOf(tx, id, options.limits.get(type) ?? 0, options.leaseMs));
      if (claimed) return claimed;
    }
    return null;
  }

  addTest({ workspaceId, channel, message, leaseMs }: Parameters<DeliveryQueue['addTest']>[0]): Promise<ClaimedDelivery> {
    const lease = randomUUID();
    return this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO delivery (id, workspace_id, channel_id, group_id, kind, state, message, title, alert_ids, attempts, next_attempt_at, give_up_at,
           lease, lease_until, trace_id)
         VALUES ($1, $2, $3, '', 'test', 'pending', $4, $5, '{}', 1, clock_timestamp(), clock_timestamp(), $6,
           clock_timestamp() + make_interval(secs => $7), '')`,
        [message.id, workspaceId, channel.id, JSON.stringify(message), message.title, lease, leaseMs / 1_000],
      );
      const facts = { id: message.id, workspaceId, kind: 'test' as const, message, lease, attempt: 1, failures: 0, channelFailures: 0 };
      return { ...facts, isLast: true, channel, fallbackChannelId: null, traceId: '', spanId: '' };
    });
  }

  async record(delivery: ClaimedDelivery, outcome: AttemptOutcome): Promise<void> {
    await this.database.transaction(async (tx) => {
      await writeAttempt(tx, delivery, outcome);
      const settled = await settle(tx, delivery, outcome);
      if (settled && outcome.next.state === 'fallen-back') await handOver(tx, delivery);
      await noteHealth(tx, delivery.channel, outcome);
      if (outcome.channelPauseMs !== undefined) await pauseChannel(tx, delivery.channel.id, outcome.channelPauseMs);
    });
  }

  recover(doubtMs: number): Promise<{ id: string; channelId: string }[]> {
    return this.database.transaction(async (tx) => {
      const lost = await tx.query<{ id: string; channelId: string; number: number }>(
        `UPDATE delivery SET lease = NULL, lease_until = NULL, next_attempt_at = clock_timestamp() + make_interval(secs => $1), failures = failures + 1,
           state = CASE kind WHEN 'test' THEN 'given-up' ELSE state END, settled_at = CASE kind WHEN 'test' THEN clock_timestamp() END
         WHERE id IN (SELECT id FROM delivery WHERE lease IS NOT NULL AND lease_until < clock_timestamp() AND state = 'pending' LIMIT 500 FOR UPDATE SKIP LOCKED)
         RETURNING id, channel_id AS "channelId", attempts AS number`,
        [doubtMs / 1_000],
      );
      for (const { id, number } of lost) {
        await tx.query(
          `INSERT INTO delivery_attempt (delivery_id, number, at, outcome, error_code, error_message, provider_id, provider_code, duration_ms)
           VALUES ($1, $2, clock_timestamp(), 'retry', 'NOTIFY_SENDER_LOST', 'The process that sent it ended meanwhile: it may have been taken.', '', '', 0)
           ON CONFLICT DO NOTHING`,
          [id, number],
        );
      }
      return lost;
    });
  }

  async nextDueMs(): Promise<number | null> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(greatest(first.next_attempt_at, q.ready_at)) - clock_timestamp()) * 1000)::float8 AS ms
       FROM channel AS c LEFT JOIN quota_bucket AS q ON q.channel_id = c.id, LATERAL (
         SELECT d.next_attempt_at FROM delivery AS d WHERE d.channel_id = c.id AND ${DUE} ORDER BY d.next_attempt_at LIMIT 1) AS first
       WHERE c.enabled`,
    );
    const ms = row?.ms ?? null;
    return ms === null ? null : Math.max(0, ms);
  }
}

type DeliveryRow = Pick<
  ClaimedDelivery,
  'id' | 'workspaceId' | 'kind' | 'attempt' | 'failures' | 'channelFailures' | 'isLast' | 'traceId' | 'spanId'
> &
  Parameters<typeof channelOf>[0] & { deliveryId: string; message: Message; fallbackId: string | null };

async function claimOf(tx: Transaction, channelId: string, perMinute: number, leaseMs: number): Promise<ClaimedDelivery | null> {
  const [row] = await tx.query<DeliveryRow>(
    `SELECT ${CHANNEL_COLUMNS}, d.id AS "deliveryId", d.kind, d.message, d.attempts + 1 AS attempt, d.failures, c.failures AS "channelFailures",
       d.give_up_at <= clock_timestamp() AS "isLast", d.trace_id AS "traceId", d.span_id AS "spanId", f.id AS "fallbackId"
     FROM delivery AS d JOIN channel AS c ON c.id = d.channel_id
       LEFT JOIN channel AS f ON f.id = c.fallback_channel_id AND f.enabled AND f.id <> c.id AND f.id <> ALL(d.tried_channels)
     WHERE d.channel_id = $1 AND ${DUE} AND d.next_attempt_at <= clock_timestamp() AND ${READY}
     ORDER BY d.next_attempt_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED`,
    [channelId],
  );
  if (!row || !(await takeToken(tx, channelId, perMinute))) return null;
  const lease = randomUUID();
  const { deliveryId: id, kind, message, attempt, failures, channelFailures, isLast, traceId, spanId, fallbackId, ...channel } = row;
  await tx.query(
    'UPDATE delivery SET lease = $2, lease_until = clock_timestamp() + make_interval(secs => $3), attempts = $4 WHERE id = $1',
    [id, lease, leaseMs / 1_000, attempt],
  );
  const facts = {
    id,
    workspaceId: channel.workspaceId,
    kind,
    message: revived(message),
    lease,
    attempt,
    failures,
    channelFailures,
    isLast,
    traceId,
    spanId,
  };
  return { ...facts, channel: channelOf(channel), fallbackChannelId: fallbackId };
}

/** JSON knows no dates. */
function revived(message: Message): Message {
  const alerts = message.alerts.map((alert) => ({
    ...alert,
    startsAt: new Date(alert.startsAt),
    endsAt: alert.endsAt === null ? null : new Date(alert.endsAt),
  }));
  return { ...message, alerts };
}

/** False: the bucket is empty, and says when it is not. */
async function takeToken(tx: Transaction, channelId: string, perMinute: number): Promise<boolean> {
  const bucket = bucketOf(perMinute);
  if (!bucket) return true;
  const params = [channelId, bucket.capacity, bucket.perSecond];
  await tx.query(
    `INSERT INTO quota_bucket (channel_id, tokens, refilled_at, ready_at) VALUES ($1, $2, clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING`,
    params.slice(0, 2),
  );
  const level = 'least($2::float8, tokens + $3::float8 * greatest(0, extract(epoch FROM clock_timestamp() - refilled_at)::float8))';
  const taken = await tx.query(
    `UPDATE quota_bucket SET tokens = ${level} - 1, refilled_at = clock_timestamp()
     WHERE channel_id = $1 AND ready_at <= clock_timestamp() AND ${level} >= 1 RETURNING tokens`,
    params,
  );
  if (taken.length > 0) return true;
  await tx.query(
    `UPDATE quota_bucket SET ready_at = greatest(ready_at, clock_timestamp() + make_interval(secs => (1 - ${level}) / $3::float8))
     WHERE channel_id = $1 AND ${level} < 1`,
    params,
  );
  return false;
}

async function writeAttempt(tx: Transaction, { id, attempt: number }: ClaimedDelivery, { attempt }: AttemptOutcome): Promise<void> {
  await tx.query(
    `INSERT INTO delivery_attempt (delivery_id, number, at, outcome, error_code, error_message, provider_id, provider_code, duration_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (delivery_id, number) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, error_code = excluded.error_code,
       error_message = excluded.error_message, provider_id = excluded.provider_id, provider_code = excluded.provider_code, duration_ms = excluded.duration_ms`,
    [
      id,
      number,
      attempt.at,
      attempt.outcome,
      attempt.errorCode,
      attempt.errorMessage,
      attempt.providerId,
      attempt.providerCode,
      Math.round(attempt.durationMs),
    ],
  );
}

/** False: somebody else has it by now. */
async function settle(tx: Transaction, { id, lease }: ClaimedDelivery, { next }: AttemptOutcome): Promise<boolean> {
  const delayMs = next.state === 'pending' ? next.delayMs : 0;
  const rows = await tx.query(
    `UPDATE delivery SET state = $2, lease = NULL, lease_until = NULL, failures = CASE $2 WHEN 'delivered' THEN 0 ELSE failures + 1 END,
       next_attempt_at = CASE WHEN $2 = 'pending' THEN clock_timestamp() + make_interval(secs => $3) ELSE next_attempt_at END,
       settled_at = CASE WHEN $2 <> 'pending' THEN clock_timestamp() END
     WHERE id = $1 AND state = 'pending' AND ($2 = 'delivered' OR lease = $4) RETURNING id`,
    [id, next.state, delayMs / 1_000, lease],
  );
  return rows.length > 0;
}

/** A delivery of its own for the other channel, with what it says and its own id there. */
async function handOver(tx: Transaction, { id, fallbackChannelId }: ClaimedDelivery): Promise<void> {
  const fresh = newId('dlv');
  await tx.query(
    `INSERT INTO delivery (id, workspace_id, channel_id, group_id, kind, state, message, title, alert_ids, next_attempt_at, give_up_at, tried_channels, trace_id, span_id)
     SELECT $2, workspace_id, $3, group_id, kind, 'pending', jsonb_set(message, '{id}', to_jsonb($2::text)), title, alert_ids, clock_timestamp(),
       clock_timestamp() + greatest(give_up_at - created_at, interval '1 hour'), tried_channels || channel_id, trace_id, span_id
     FROM delivery WHERE id = $1`,
    [id, fresh, fallbackChannelId],
  );
}

async function noteHealth(tx: Transaction, channel: ChannelRecord, { attempt }: AttemptOutcome): Promise<void> {
  const { outcome, errorCode, errorMessage } = attempt;
  // What one message alone is refused for says nothing of the channel.
  if (outcome === 'given-up') return;
  const health = outcome === 'delivered' ? 'ok' : outcome === 'needs-attention' ? 'needs-attention' : 'failing';
  await tx.query(
    `UPDATE channel SET health = $2, last_error_code = $3, last_error_message = $4, failures = CASE $2 WHEN 'ok' THEN 0 ELSE failures + 1 END
     WHERE id = $1 AND version = $5`,
    [channel.id, health, errorCode, errorMessage, channel.version],
  );
}

async function pauseChannel(tx: Transaction, channelId: string, pauseMs: number): Promise<void> {
  await tx.query(
    `INSERT INTO quota_bucket AS q (channel_id, tokens, refilled_at, ready_at)
     SELECT id, 0, clock_timestamp(), clock_timestamp() + make_interval(secs => $2) FROM channel WHERE id = $1
     ON CONFLICT (channel_id) DO UPDATE SET ready_at = greatest(q.ready_at, excluded.ready_at)`,
    [channelId, pauseMs / 1_000],
  );
}
