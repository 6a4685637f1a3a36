import type { Migration, SqlExecutor } from '@smartant/platform/postgres';
import { encodeEvent, type DomainEvent } from './domain-event';
import { keyHash } from './key-hash';
import { traceHeaders } from './trace-headers';

/** The outbox table, in the publishing service's own schema. */
export function outboxMigrations(): Migration[] {
  return [
    {
      // json, not jsonb: jsonb refuses the escape for U+0000, which a hostile name or message may hold.
      name: 'events-outbox-0001',
      up: `CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event json NOT NULL,
        appended_at timestamptz NOT NULL DEFAULT now()
      )`,
    },
    {
      // Rows of a writer that does not know these columns yet go to lane 0 and count as small.
      name: 'events-outbox-0002',
      up: 'ALTER TABLE outbox ADD COLUMN lane smallint NOT NULL DEFAULT 0, ADD COLUMN bytes integer NOT NULL DEFAULT 0',
    },
  ];
}

/** How far an outbox is split, so that several relays can work side by side. Events of one key are in one lane. */
export const OUTBOX_LANES = 8;

/** The channel on which a schema's relay is woken. */
export const outboxChannel = (schema: string) => `smartant.outbox.${schema}`;

/** Records facts in the transaction that makes them true; the relay carries them to the bus once it has committed. */
export class Outbox {
  /**
   * Appends in the given order. Change (or lock) the entity's row in `tx` *before* appending: that is what puts two transactions' events
   * of one key in commit order. Raises EVENT_TOO_LARGE or EVENT_NAME_INVALID.
   */
  async append(tx: SqlExecutor, events: DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    const context = traceHeaders();
    const encoded = events.map((event) => encodeEvent({ ...event, headers: { ...context, ...event.headers } }));
    await tx.query(
      `WITH appended AS (
         INSERT INTO outbox (event, lane, bytes)
         SELECT event::json, lane, octet_length(event)
         FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS given (event, lane, place) ORDER BY place RETURNING 1
       ) SELECT pg_notify('${outboxChannel('')}' || current_schema(), '') FROM appended LIMIT 1`,
      [encoded, events.map((event) => keyHash(event.key) % OUTBOX_LANES)],
    );
  }
}
