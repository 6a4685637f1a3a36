import type { SqlExecutor } from '@smartant/platform/postgres';
import type { ShardError } from './shard';

/** Why a run that is active stands still: none of its shards is held, and none may be claimed before `until`. */
export interface RunWait {
  /**
   * - `late-writes`: a former holder's write may land until then, and what is next must come after it
   * - `next-attempt`: the last one failed with `error`
   */
  reason: 'late-writes' | 'next-attempt';
  until: Date;
  /** Null for `late-writes`. */
  error: ShardError | null;
}

/** Whether something is held is asked first: it is so for nearly every run that is looked at. */
const RUN_WAIT_SQL = `
WITH run AS (
  SELECT run_id FROM shard_run
  WHERE run_id = $1 AND state = 'active' AND coalesce(opens_at <= clock_timestamp(), true)
    AND NOT EXISTS (SELECT 1 FROM shard WHERE run_id = $1 AND state = 'leased')
    AND NOT EXISTS (SELECT 1 FROM shard WHERE run_id = $1 AND state = 'pending' AND not_before <= clock_timestamp())
)
SELECT not_before AS until, CASE WHEN failing_since IS NOT NULL THEN last_error END AS error
FROM run JOIN shard USING (run_id) WHERE shard.state = 'pending' ORDER BY not_before LIMIT 1`;

/** Null while a shard of the run is held or may be claimed, and while the run is paused, closed by its calendar, over or not there. */
export async function runWait(tx: SqlExecutor, runId: string): Promise<RunWait | null> {
  const [row] = await tx.query<Omit<RunWait, 'reason'>>(RUN_WAIT_SQL, [runId]);
  return row ? { reason: row.error ? 'next-attempt' : 'late-writes', ...row } : null;
}
