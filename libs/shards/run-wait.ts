import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ShardError } from './shard';

/** Why a run that is active does not get on: each of its open shards has been failing, or may not be claimed before `until`. */
export interface RunWait {
  /**
   * - `late-writes`: a former holder's write may land until then, and what is next must come after it
   * - `next-attempt`: the last one failed with `error`; it is being tried since `until` where that is past
   */
  reason: 'late-writes' | 'next-attempt';
  until: Date;
  /** Null for `late-writes`. */
  error: ShardError | null;
}

/** Whether some shard gets on is asked first: it is so for nearly every run that is looked at. */
const RUN_WAIT_SQL = `
WITH run AS (
  SELECT run_id FROM shard_run
  WHERE run_id = $1 AND state = 'active' AND coalesce(opens_at <= clock_timestamp(), true)
    AND NOT EXISTS (SELECT 1 FROM shard WHERE run_id = $1 AND state = 'leased' AND failing_since IS NULL)
    AND NOT EXISTS (
      SELECT 1 FROM shard WHERE run_id = $1 AND state = 'pending' AND failing_since IS NULL AND not_before <= clock_timestamp())
)
SELECT until, error FROM run CROSS JOIN LATERAL (
  SELECT not_before AS until, NULL::jsonb AS error FROM shard
  WHERE shard.run_id = run.run_id AND state = 'pending' AND failing_since IS NULL
  UNION ALL
  SELECT not_before, last_error FROM shard
  WHERE shard.run_id = run.run_id AND (state = 'pending' OR state = 'leased') AND failing_since IS NOT NULL
) AS open ORDER BY until LIMIT 1`;

/** Null while a shard of the run gets on or could, and while the run is paused, closed by its calendar, over or not there. */
export async function runWait(tx: SqlExecutor, runId: string): Promise<RunWait | null> {
  const [row] = await tx.query<Omit<RunWait, 'reason'>>(RUN_WAIT_SQL, [runId]);
  return row ? { reason: row.error ? 'next-attempt' : 'late-writes', ...row } : null;
}
