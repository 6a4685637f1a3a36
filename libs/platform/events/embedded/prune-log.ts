import type { SqlExecutor } from '@smartant/platform/postgres';

/**
 * Forgets events that every known group has passed, a day after they were logged (until then a relay that publishes one again is noticed),
 * and any event after 30 days. Resolves with their number. A topic that no group has ever read keeps its events for those 30 days.
 */
export async function pruneLog(sql: SqlExecutor): Promise<number> {
  const rows = await sql.query(
    `WITH passed AS (SELECT topic, partition, min(position) AS position FROM group_partition GROUP BY topic, partition)
     DELETE FROM log
     WHERE logged_at < now() - interval '30 days'
        OR (logged_at < now() - interval '1 day'
            AND position <= (SELECT passed.position FROM passed WHERE passed.topic = log.topic AND passed.partition = log.partition))
     RETURNING 1`,
  );
  return rows.length;
}
