import type { Migration, SqlExecutor } from '@smartant/platform/postgres';
import { encodeEvent, type DomainEvent } from './domain-event';
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
  ];
}

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
         INSERT INTO outbox (event)
         SELECT event::json FROM unnest($1::text[]) WITH ORDINALITY AS given (event, place) ORDER BY place RETURNING 1
       ) SELECT pg_notify('${outboxChannel('')}' || current_schema(), '') FROM appended LIMIT 1`,
      [encoded],
    );
  }
}
