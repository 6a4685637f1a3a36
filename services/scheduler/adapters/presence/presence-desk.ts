import { hearPresence, type ServicePresence } from '@smartant/platform/presence';
import type { EventBus, Subscription } from '@smartant/platform/events';
import type { SqlExecutor } from '@smartant/platform/postgres';
import type { PresenceStore, SeenInstance } from '../../application/services/presence-store';

interface Row extends Omit<SeenInstance, 'startedAt' | 'seenAt'> {
  startedAt: Date;
  seenAt: Date;
}

/** Instances that a wrong word could fill the table with end here. */
const MOST_INSTANCES = 2_000;

/** Keeps what is heard in a table, so that each replica knows it, and a new one what was there before it. */
export class PresenceDesk implements PresenceStore {
  constructor(
    private readonly sql: SqlExecutor,
    private readonly warn: (error: unknown) => void,
  ) {}

  listen(bus: Pick<EventBus, 'onBroadcast'>): Promise<Subscription> {
    return hearPresence(bus, (presence) => void this.note(presence).catch(this.warn));
  }

  /** All replicas hear the same: whoever is first writes it. Who says that it ends is forgotten at once. */
  async note({ ended, ...presence }: ServicePresence): Promise<void> {
    const { service, instance, host, version, startedAt, ready, problems, callsPerMinute } = presence;
    if (ended) {
      await this.sql.query('DELETE FROM service_presence WHERE service = $1 AND instance = $2', [service, instance]);
      return;
    }
    await this.sql.query(
      `INSERT INTO service_presence AS known (service, instance, host, version, started_at, seen_at, ready, problems, calls_per_minute)
       VALUES ($1, $2, $3, $4, $5, clock_timestamp(), $6, $7, $8)
       ON CONFLICT (service, instance) DO UPDATE SET seen_at = excluded.seen_at, ready = excluded.ready, problems = excluded.problems,
         calls_per_minute = excluded.calls_per_minute
       WHERE known.seen_at < excluded.seen_at - interval '2 s'
         OR (known.ready, known.problems) IS DISTINCT FROM (excluded.ready, excluded.problems)`,
      [service, instance, host, version, startedAt, ready, JSON.stringify(problems), callsPerMinute],
    );
  }

  async list(): Promise<SeenInstance[]> {
    const rows = await this.sql.query<Row>(
      `SELECT service, instance, host, version, started_at AS "startedAt", seen_at AS "seenAt",
         extract(epoch FROM clock_timestamp() - seen_at)::float8 AS "seenSecondsAgo", ready, problems, calls_per_minute AS "callsPerMinute"
       FROM service_presence ORDER BY service, started_at, instance LIMIT ${MOST_INSTANCES}`,
    );
    return rows.map(({ startedAt, seenAt, ...row }) => ({ ...row, startedAt: startedAt.toISOString(), seenAt: seenAt.toISOString() }));
  }

  /** A process that was killed says nothing: it is shown as silent for a day, and a replacement of its service makes up for it sooner. */
  async forgetLost(): Promise<void> {
    await this.sql.query(
      `DELETE FROM service_presence AS lost WHERE seen_at < clock_timestamp() - interval '1 day'
         OR (seen_at < clock_timestamp() - interval '10 min' AND EXISTS (
           SELECT 1 FROM service_presence AS other
           WHERE other.service = lost.service AND other.started_at > lost.seen_at - interval '1 min' AND other.ready
             AND other.seen_at > clock_timestamp() - interval '1 min'))`,
    );
  }
}
