import type { Claim, Json } from './shard';

/** `$1` worker, `$2` lease in milliseconds, `$3` shards at most, `$4` patient turn, `$5` write deadline in milliseconds. */
export const CLAIM_SQL = 'SELECT * FROM claim_shards($1, $2, $3, $4, $5)';

/** `$1` ids, `$2` their epochs, `$3` lease in milliseconds, `$4` fenced. A lease that ran out but was not taken yet is renewed. */
export const RENEW_SQL = `
UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
FROM unnest($1::text[], $2::int[]) AS held (shard_id, epoch)
WHERE shard.shard_id = held.shard_id AND shard.state = 'leased' AND (shard.epoch = held.epoch OR NOT $4::boolean)
RETURNING shard.shard_id`;

/** Workers beat about once a second; one that was not heard for this long is taken for dead. */
const LIVE = `seen_at > clock_timestamp() - interval '5 s'`;

/** `$1` run ids. Slots are idle for a run only when none of its shards could fill them. */
export const WATCH_SQL = `
SELECT run_id AS "runId", state, settings, coalesce(opens_at > clock_timestamp(), false) AS closed,
  greatest(1, (SELECT count(DISTINCT worker_id)::int FROM shard
    WHERE shard.run_id = run.run_id AND shard.state = 'leased' AND lease_until > clock_timestamp())) AS workers,
  CASE WHEN state <> 'active' OR EXISTS (SELECT 1 FROM shard
      WHERE shard.run_id = run.run_id AND shard.state = 'pending' AND not_before <= statement_timestamp()) THEN 0
    ELSE (SELECT coalesce(sum(greatest(slots - held, 0)), 0)::int FROM shard_worker WHERE ${LIVE}) END AS "idleSlots"
FROM shard_run AS run WHERE run_id = ANY($1::text[])`;

export const BEAT_SQL = `
INSERT INTO shard_worker (worker_id, slots, held, seen_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (worker_id) DO UPDATE SET slots = excluded.slots, held = excluded.held, seen_at = excluded.seen_at`;

/**
 * `$1` run, `$2` shards as JSON, `$3` how many, `$4` whether to wait for the zombies of the migration. The run's row is
 * locked first, by counting them.
 */
export const ADD_SHARDS_SQL = `
WITH run AS (
  UPDATE shard_run SET shards_open = shards_open + $3::int WHERE run_id = $1 RETURNING run_id, migration_id
)
INSERT INTO shard (shard_id, run_id, migration_id, kind, ordinal, path, range, writes, not_before)
SELECT row.id, run.run_id, run.migration_id, row.kind, row.ordinal, coalesce(row.path, '{}'), coalesce(row.range, 'null'),
  coalesce(row.writes, true), greatest(clock_timestamp(),
    CASE WHEN $4::boolean THEN (SELECT max(until) FROM shard_zombie WHERE shard_zombie.migration_id IN (run.migration_id, '')) END)
FROM run, jsonb_to_recordset($2::jsonb) AS row (id text, kind text, ordinal integer, path integer[], range jsonb, writes boolean)`;

/**
 * `$1` run, `$2` write deadline in milliseconds. Their holders may still believe in their leases until these would have
 * run out, so what they write may land until a write deadline after that.
 */
export const CANCEL_SQL = `
WITH run AS (
  UPDATE shard_run SET shards_open = 0 WHERE run_id = $1 RETURNING run_id
), gone AS (
  DELETE FROM shard USING run
  WHERE shard.run_id = run.run_id AND (state = 'pending' OR state = 'leased') RETURNING shard.*
)
INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
SELECT migration_id, shard_id, epoch, lease_until + make_interval(secs => $2::float8 / 1000)
FROM gone WHERE state = 'leased' AND writes`;

/** `$1` retention in milliseconds, `$2` rows at most. Several replicas sweep different runs. */
export const SWEEP_SQL = `
WITH run AS (
  SELECT run_id FROM shard_run
  WHERE state = 'ended' AND NOT swept AND ended_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
  ORDER BY ended_at LIMIT 1 FOR UPDATE SKIP LOCKED
), old AS (
  SELECT finished_shard.ctid AS row FROM run JOIN finished_shard USING (run_id) LIMIT $2
), removed AS (
  DELETE FROM finished_shard WHERE ctid = ANY (ARRAY(SELECT row FROM old)) RETURNING 1
), swept AS (
  UPDATE shard_run SET swept = (SELECT count(*) FROM removed) < $2 WHERE run_id = (SELECT run_id FROM run)
)
SELECT (SELECT count(*)::int FROM removed) AS removed, EXISTS (SELECT 1 FROM run) AS found`;

/** Zombies of no migration in particular are of every one: what was held in a lost future is in no table. `$1` for so many milliseconds. */
export const ANYONE_MAY_LAND_LATE_SQL = `
INSERT INTO shard_zombie (migration_id, shard_id, epoch, until)
VALUES ('', '', 0, clock_timestamp() + make_interval(secs => $1::float8 / 1000))`;

/** Both are kept a while longer than anyone looks at them. */
export const FORGET_ZOMBIES_SQL = `DELETE FROM shard_zombie WHERE until < clock_timestamp() - interval '1 hour'`;
export const FORGET_WORKERS_SQL = `DELETE FROM shard_worker WHERE seen_at < clock_timestamp() - interval '1 hour'`;

/** See `WRITE_FUNCTIONS`. */
export const CHECKPOINT_SQL = 'SELECT checkpoint_shard($1, $2, $3, $4, $5, $6, $7) AS held';
export const COMPLETE_SQL = 'SELECT complete_shard($1, $2, $3, $4, $5) AS open';

export interface ClaimRow {
  shard_id: string;
  run_id: string;
  migration_id: string;
  workspace_id: string;
  kind: string;
  ordinal: number;
  range: Json;
  position: Json;
  epoch: number;
  attempts: number;
  takeovers: number;
  failing_for_ms: number;
  taken_over: boolean;
  writes: boolean;
}

export function toClaim(row: ClaimRow): Claim {
  return {
    shardId: row.shard_id,
    runId: row.run_id,
    migrationId: row.migration_id,
    workspaceId: row.workspace_id,
    kind: row.kind,
    ordinal: row.ordinal,
    range: row.range,
    position: row.position,
    epoch: row.epoch,
    attempts: row.attempts,
    takeovers: row.takeovers,
    failingForMs: row.failing_for_ms,
    takenOver: row.taken_over,
    writes: row.writes,
  };
}
