import type { Migration, SqlExecutor } from '@smartant/platform/postgres';
import type { DomainEvent } from './domain-event';

/** The inbox tables, in the consuming service's own schema. */
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
    {
      name: 'events-processed-0002',
      up: `CREATE TABLE processed_version (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        version bigint NOT NULL,
        processed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, topic, key)
      );
      CREATE INDEX processed_version_by_age ON processed_version (processed_at)`,
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

/**
 * True when the event's version is higher than any that this group has seen of its key: then do the work in the same transaction `tx`.
 * For consumers that keep a state and not each fact: a replayed event, or one that overtook an earlier one while partitions were added
 * or a relay changed, can't put an old state over a newer one. An event without a version is taken as `consumeOnce` takes it.
 */
export async function consumeNewer(tx: SqlExecutor, group: string, event: DomainEvent): Promise<boolean> {
  if (event.version === undefined) return consumeOnce(tx, group, event.id);
  const rows = await tx.query(
    `INSERT INTO processed_version AS seen (consumer_group, topic, key, version) VALUES ($1, $2, $3, $4::bigint)
     ON CONFLICT (consumer_group, topic, key) DO UPDATE SET version = excluded.version, processed_at = now()
       WHERE seen.version < excluded.version
     RETURNING version`,
    [group, event.topic, event.key, event.version],
  );
  return rows.length > 0;
}

/** Bounds a statement's time and locks. */
const PRUNE_BATCH = 5_000;

/** Forgets events processed more than so many days ago; resolves with their number. No bus redelivers after 30 days. */
export async function pruneProcessedEvents(executor: SqlExecutor, olderThanDays = 45): Promise<number> {
  let pruned = 0;
  for (const table of ['processed_event', 'processed_version']) {
    for (let deleted = PRUNE_BATCH; deleted === PRUNE_BATCH; pruned += deleted) {
      const [row] = await executor.query<{ deleted: number }>(
        `WITH old AS (SELECT ctid FROM ${table} WHERE processed_at < now() - make_interval(days => $1) LIMIT ${PRUNE_BATCH}),
         gone AS (DELETE FROM ${table} USING old WHERE ${table}.ctid = old.ctid RETURNING 1)
         SELECT count(*)::int AS deleted FROM gone`,
        [olderThanDays],
      );
      deleted = row?.deleted ?? 0;
    }
  }
  return pruned;
}
