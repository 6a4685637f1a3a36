/**
 * Claims up to `wanted` shards, as if one after the other: of the workspaces that have work the one that holds least, in
 * it the run of the highest priority, of equal ones the run that holds least, and of that its abandoned shards before
 * those that never began, by ordinal. With `patient`, the first shard of each workspace goes to the oldest run below its
 * highest priority; a process claims so every few shards, and so no priority starves.
 *
 * It first decides by the runs' counters how many shards of which runs to take, and then takes them, so that it costs
 * one short scan of each run that gets something, however many runs and shards there are. Counters cannot tell shards that
 * wait for their next attempt: when some run gave less than it seemed to have, a second round looks into every run first.
 * Rows that another worker is claiming right now are skipped rather than waited for.
 *
 * It is a function so that its plans are made once a session (planning takes longer than running it), and bring the
 * planner's settings with them: a plan made while the table was empty must not be a sequential scan once it is full. For
 * the same reason shards are reached by scalar and lateral subqueries or an array of ids, which cannot become another join.
 */
export const CLAIM_FUNCTION = `
CREATE FUNCTION shard_takeover_at(lease_until timestamptz, takeovers integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT lease_until + make_interval(secs => CASE WHEN takeovers = 0 THEN 0 ELSE least(60, 2 ^ (takeovers - 1)) END)
$$;

CREATE FUNCTION claim_shards(by_worker text, lease_ms float8, wanted integer, patient boolean, write_deadline_ms float8)
RETURNS TABLE (
  shard_id text, run_id text, migration_id text, workspace_id text, kind text, ordinal integer, range jsonb, "position" jsonb,
  epoch integer, attempts integer, takeovers integer, taken_over boolean, writes boolean, failing_for_ms float8
) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  missing integer := wanted;
  look boolean;
  runs text[];
  quotas integer[];
  ids text[];
  abandoned text[];
BEGIN
FOREACH look IN ARRAY ARRAY[false, true] LOOP
  WITH held AS MATERIALIZED (
    SELECT run_id, count(*) AS leased, count(*) FILTER (WHERE lease_until > statement_timestamp()) AS live,
      count(*) FILTER (WHERE shard_takeover_at(lease_until, takeovers) <= statement_timestamp()) AS due
    FROM shard WHERE state = 'leased' GROUP BY run_id
  ), run AS MATERIALIZED (
    SELECT run_id, workspace_id, priority, created_at, coalesce(live, 0) AS live, coalesce(due, 0) AS due,
      sum(coalesce(live, 0)) OVER (PARTITION BY workspace_id) AS workspace_held,
      CASE WHEN state = 'active' AND (opens_at IS NULL OR opens_at <= statement_timestamp())
        THEN shards_open - coalesce(leased, 0) + coalesce(due, 0) ELSE 0 END AS free
    -- Never a nested loop: a full join can only be hashed or merged.
    FROM (SELECT * FROM shard_run WHERE state <> 'ended') AS shard_run FULL JOIN held USING (run_id)
  ), waiting AS MATERIALIZED (
    SELECT run.*, max(priority) OVER workspace AS highest, sum(free) OVER workspace AS workspace_free
    FROM run
    WHERE free > 0 AND (NOT look OR due > 0 OR (
      SELECT true FROM shard
      WHERE shard.run_id = run.run_id AND state = 'pending' AND not_before <= statement_timestamp() LIMIT 1
    ))
    WINDOW workspace AS (PARTITION BY workspace_id)
  ), workspace AS MATERIALIZED (
    SELECT workspace_id, min(workspace_held) AS held, min(workspace_free) AS free
    FROM waiting GROUP BY workspace_id ORDER BY held, random() LIMIT missing
  ), share AS MATERIALIZED (
    SELECT workspace_id, count(*) AS slots
    FROM (
      SELECT workspace_id FROM workspace CROSS JOIN LATERAL generate_series(1, least(missing, free)) AS nth ORDER BY held + nth LIMIT missing
    ) AS slot GROUP BY workspace_id
  ), turn AS MATERIALIZED (
    SELECT waiting.*, slots, row_number() OVER (PARTITION BY workspace_id ORDER BY priority DESC, live) AS nth_run,
      patient AND priority < highest
        AND row_number() OVER (PARTITION BY workspace_id ORDER BY priority = highest, created_at, run_id) = 1 AS patient_turn
    FROM waiting JOIN share USING (workspace_id)
  ), slot AS (
    SELECT run_id, slots, row_number() OVER (
      PARTITION BY workspace_id ORDER BY patient_turn AND nth = 1 DESC, priority DESC, live + nth
    ) AS place
    FROM turn CROSS JOIN LATERAL generate_series(1, least(slots, free)) AS nth WHERE nth_run <= slots OR patient_turn
  ), quota AS (
    SELECT run_id, min(place) AS place, count(*)::integer AS shards FROM slot WHERE place <= slots GROUP BY run_id
  )
  SELECT array_agg(run_id ORDER BY place), array_agg(shards ORDER BY place) INTO runs, quotas FROM quota;
  EXIT WHEN runs IS NULL;

  SELECT array_agg(next.shard_id), coalesce(array_agg(next.shard_id) FILTER (WHERE next.abandoned), '{}') INTO ids, abandoned
  FROM unnest(runs, quotas) AS turn (of_run, shards) CROSS JOIN LATERAL (
    SELECT * FROM (
      SELECT shard_id, true AS abandoned FROM (
        SELECT shard_id FROM shard
        WHERE run_id = of_run AND state = 'leased' AND shard_takeover_at(lease_until, takeovers) <= statement_timestamp()
        ORDER BY ordinal LIMIT turn.shards FOR UPDATE SKIP LOCKED
      ) AS leased
      UNION ALL
      SELECT shard_id, false FROM (
        SELECT shard_id FROM shard
        WHERE run_id = of_run AND state = 'pending' AND not_before <= statement_timestamp()
        ORDER BY ordinal LIMIT turn.shards FOR UPDATE SKIP LOCKED
      ) AS pending
    ) AS either LIMIT turn.shards
  ) AS next;

  RETURN QUERY
  WITH claimed AS (
    UPDATE shard SET state = 'leased', worker_id = by_worker, epoch = epoch + 1,
      takeovers = takeovers + (shard_id = ANY (abandoned))::integer,
      lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
    WHERE shard_id = ANY (ids) RETURNING shard.*
  ), zombies AS (
    INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
    SELECT migration_id, shard_id, epoch - 1, clock_timestamp() + make_interval(secs => write_deadline_ms / 1000)
    FROM claimed WHERE shard_id = ANY (abandoned) AND writes
  )
  SELECT shard_id, run_id, migration_id, (SELECT workspace_id FROM shard_run WHERE shard_run.run_id = claimed.run_id), kind,
    ordinal, range, position, epoch, attempts, takeovers, shard_id = ANY (abandoned), writes,
    coalesce(extract(epoch FROM clock_timestamp() - failing_since) * 1000, 0)::float8
  FROM claimed ORDER BY array_position(ids, shard_id);
  missing := missing - coalesce(cardinality(ids), 0);
  EXIT WHEN missing <= 0;
END LOOP;
END
$$;
`;
