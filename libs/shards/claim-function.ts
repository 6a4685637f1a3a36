/**
 * Claims up to `wanted` shards, as if one after the other: of the workspaces that have work the one that holds least, in
 * it the run of the highest priority, of equal ones the run that holds least, and of that its abandoned shards before
 * those that never began, by ordinal. With `patient`, the first shard of each workspace goes to the run that has waited
 * longest among those below its highest priority; a process claims so every few shards, and so no priority starves.
 *
 * Only runs are looked at one by one, each with one probe of an index; of pending shards only as many as may be claimed,
 * and some more in place of those that another worker is claiming right now, which are skipped rather than waited for.
 *
 * It is a function so that its plan is made once a session (planning takes longer than running it), and has the
 * planner's settings with it: a plan made while the table was empty must not be a sequential scan once it is full.
 */
export const CLAIM_FUNCTION = `
CREATE FUNCTION shard_takeover_at(lease_until timestamptz, takeovers integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT lease_until + make_interval(secs => CASE WHEN takeovers = 0 THEN 0 ELSE least(60, 2 ^ (takeovers - 1)) END)
$$;

CREATE FUNCTION claim_shards(by_worker text, lease_ms float8, wanted integer, patient boolean, write_deadline_ms float8)
RETURNS TABLE (
  shard_id text, run_id text, migration_id text, workspace_id text, kind text, ordinal integer, range jsonb, "position" jsonb,
  epoch integer, attempts integer, takeovers integer, taken_over boolean, writes boolean, failing_for_ms float8
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
RETURN QUERY
WITH leased AS MATERIALIZED (
  SELECT run_id, lease_until > statement_timestamp() AS live,
    shard_takeover_at(lease_until, takeovers) <= statement_timestamp() AS due
  FROM shard WHERE state = 'leased'
), held AS MATERIALIZED (
  SELECT run_id, count(*) FILTER (WHERE live) AS live, count(*) FILTER (WHERE due) AS due FROM leased GROUP BY run_id
), run AS MATERIALIZED (
  SELECT shard_run.run_id, workspace_id, priority, coalesce(held.live, 0) AS live, coalesce(held.due, 0) AS due,
    sum(coalesce(held.live, 0)) OVER (PARTITION BY workspace_id) AS workspace_held,
    state = 'active' AND shards_open > 0 AND (opens_at IS NULL OR opens_at <= statement_timestamp()) AS open
  FROM shard_run LEFT JOIN held ON held.run_id = shard_run.run_id WHERE state <> 'ended'
), waiting AS MATERIALIZED (
  SELECT run.*, head.not_before AS since
  FROM run LEFT JOIN LATERAL (
    SELECT not_before FROM shard
    WHERE shard.run_id = run.run_id AND state = 'pending' AND not_before <= statement_timestamp() ORDER BY ordinal LIMIT 1
  ) AS head ON true
  WHERE open AND (due > 0 OR head.not_before IS NOT NULL)
), share AS MATERIALIZED (
  SELECT workspace_id, count(*) AS slots
  FROM (
    SELECT workspace_id
    FROM (SELECT workspace_id, min(workspace_held) AS held FROM waiting GROUP BY workspace_id ORDER BY held LIMIT wanted) AS workspace,
      generate_series(1, wanted) AS nth
    ORDER BY held + nth LIMIT wanted
  ) AS slot GROUP BY workspace_id
), turn AS MATERIALIZED (
  SELECT waiting.*, slots,
    row_number() OVER (PARTITION BY workspace_id ORDER BY priority DESC, live) AS nth_run,
    patient AND priority < highest
      AND row_number() OVER (PARTITION BY workspace_id ORDER BY priority = highest, since, run_id) = 1 AS patient_turn
  FROM (SELECT *, max(priority) OVER (PARTITION BY workspace_id) AS highest FROM waiting) AS waiting JOIN share USING (workspace_id)
), candidate AS MATERIALIZED (
  SELECT turn.*, open.shard_id, open.ordinal,
    row_number() OVER (PARTITION BY turn.run_id ORDER BY open.abandoned DESC, open.ordinal) AS nth
  FROM turn CROSS JOIN LATERAL (
    SELECT * FROM (
      (SELECT shard_id, ordinal, true AS abandoned FROM shard
       WHERE due > 0 AND shard.run_id = turn.run_id AND state = 'leased' AND shard_takeover_at(lease_until, takeovers) <= statement_timestamp()
       ORDER BY ordinal LIMIT slots + 16)
      UNION ALL
      (SELECT shard_id, ordinal, false FROM shard
       WHERE since IS NOT NULL AND shard.run_id = turn.run_id AND state = 'pending' AND not_before <= statement_timestamp()
       ORDER BY ordinal LIMIT slots + 16)
    ) AS either LIMIT slots + 16
  ) AS open
  WHERE nth_run <= slots + 4 OR patient_turn
), in_order AS MATERIALIZED (
  SELECT shard_id, workspace_held + row_number() OVER (
    PARTITION BY workspace_id ORDER BY patient_turn AND nth = 1 DESC, priority DESC, live + nth, ordinal
  ) AS level FROM candidate
), next AS MATERIALIZED (
  SELECT shard.shard_id, level, shard.state = 'leased' AS taken_over
  FROM in_order JOIN shard ON shard.shard_id = in_order.shard_id
  WHERE (shard.state = 'pending' AND shard.not_before <= statement_timestamp())
    OR (shard.state = 'leased' AND shard_takeover_at(shard.lease_until, shard.takeovers) <= statement_timestamp())
  ORDER BY level LIMIT wanted FOR UPDATE OF shard SKIP LOCKED
), claimed AS (
  UPDATE shard SET state = 'leased', worker_id = by_worker, epoch = epoch + 1, takeovers = shard.takeovers + next.taken_over::integer,
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  FROM next WHERE shard.shard_id = next.shard_id
  RETURNING shard.*, next.taken_over, next.level
), zombies AS (
  INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
  SELECT migration_id, shard_id, epoch - 1, clock_timestamp() + make_interval(secs => write_deadline_ms / 1000)
  FROM claimed WHERE taken_over AND writes
)
SELECT claimed.shard_id, claimed.run_id, claimed.migration_id, shard_run.workspace_id, claimed.kind, claimed.ordinal, claimed.range,
  claimed.position, claimed.epoch, claimed.attempts, claimed.takeovers, claimed.taken_over, claimed.writes,
  coalesce(extract(epoch FROM clock_timestamp() - claimed.failing_since) * 1000, 0)::float8
FROM claimed JOIN shard_run ON shard_run.run_id = claimed.run_id ORDER BY claimed.level;
END
$$;
`;
