import type { SqlExecutor } from '@smartant/platform/postgres';

/** Bounds a statement's time and locks. */
const BATCH = 5_000;

/**
 * Forgets events that every known group has passed, a day after they were logged (until then a relay that publishes one again is noticed),
 * and any event after 30 days, parked ones too (as on Kafka). Resolves with the number of log rows. A topic that no group has ever read
 * keeps its events for those 30 days.
 */
export async function pruneLog(sql: SqlExecutor): Promise<number> {
  let pruned = 0;
  for (let deleted = BATCH; deleted === BATCH; pruned += deleted) {
    const [row] = await sql.query<{ deleted: number }>(
      `WITH passed AS (SELECT topic, partition, min(position) AS position FROM group_partition GROUP BY topic, partition),
       old AS (
         SELECT log.position FROM log LEFT JOIN passed USING (topic, partition)
         WHERE log.logged_at < now() - interval '1 day'
           AND (log.position <= passed.position OR log.logged_at < now() - interval '30 days') LIMIT ${BATCH}
       ),
       gone AS (DELETE FROM log USING old WHERE log.position = old.position RETURNING 1)
       SELECT count(*)::int AS deleted FROM gone`,
    );
    deleted = row?.deleted ?? 0;
  }
  await sql.query("DELETE FROM parked WHERE parked_at < now() - interval '30 days'");
  return pruned;
}
