import type { Migration, SqlExecutor } from '@smartant/platform/postgres';

/** The inbox table, in the consuming service's own schema. */
export function processedEventMigrations(): Migration[] {
  return [
    {
      name: 'events-processed-0001',
      up: `CREATE TABLE processed_event (
        consumer_group text NOT NULL,
        event_id text NOT NULL,
        processed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, event_id)
      );
      CREATE INDEX processed_event_by_age ON processed_event (processed_at)`,
    },
  ];
}

/**
 * True when this group sees the event for the first time: then do the work in the same transaction `tx`. A delivery of the same event
 * at the same time waits here until that transaction ends, and is the first again if it was rolled back.
 */
export async function consumeOnce(tx: SqlExecutor, group: string, eventId: string): Promise<boolean> {
  const rows = await tx.query(
    'INSERT INTO processed_event (consumer_group, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id',
    [group, eventId],
  );
  return rows.length > 0;
}

/** Forgets events processed more than so many days ago; resolves with their number. No bus redelivers after 30 days. */
export async function pruneProcessedEvents(executor: SqlExecutor, olderThanDays = 45): Promise<number> {
  const rows = await executor.query('DELETE FROM processed_event WHERE processed_at < now() - make_interval(days => $1) RETURNING 1', [
    olderThanDays,
  ]);
  return rows.length;
}
