import type { Claim, Json } from './shard';

/**
 * One shard a statement: which migration is served least changes with each claim. Rows that another worker is about to
 * claim are skipped rather than waited for. `$1` worker, `$2` lease in milliseconds.
 */
export const CLAIM_SQL = `
WITH held AS (
  SELECT migration_id, count(*) AS shards FROM shard
  WHERE state = 'leased' AND lease_until > clock_timestamp() GROUP BY migration_id
), next AS (
  SELECT shard.shard_id, shard.state = 'leased' AS taken_over
  FROM shard JOIN shard_run AS run USING (run_id) LEFT JOIN held ON held.migration_id = shard.migration_id
  WHERE run.state = 'active'
    AND ((shard.state = 'pending' AND shard.not_before <= clock_timestamp())
      OR (shard.state = 'leased' AND shard.lease_until <= clock_timestamp()))
  ORDER BY coalesce(held.shards, 0), shard.ordinal, shard.created_at
  LIMIT 1 FOR UPDATE OF shard SKIP LOCKED
)
UPDATE shard SET state = 'leased', worker_id = $1, epoch = epoch + 1,
  lease_until = clock_timestamp() + make_interval(secs => $2::float8 / 1000)
FROM next WHERE shard.shard_id = next.shard_id
RETURNING shard.shard_id, run_id, migration_id, kind, ordinal, range, position, epoch, attempts, next.taken_over,
  coalesce(extract(epoch FROM clock_timestamp() - failing_since) * 1000, 0)::float8 AS failing_for_ms`;

/** `$1` ids, `$2` their epochs, `$3` lease in milliseconds. A lease that ran out but was not taken yet is renewed. */
export const RENEW_SQL = `
UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
FROM unnest($1::text[], $2::int[]) AS held (shard_id, epoch)
WHERE shard.shard_id = held.shard_id AND shard.epoch = held.epoch AND shard.state = 'leased'
RETURNING shard.shard_id`;

export const WATCH_SQL = `
SELECT run_id AS "runId", state, settings,
  greatest(1, (SELECT count(DISTINCT worker_id)::int FROM shard
    WHERE shard.run_id = run.run_id AND shard.state = 'leased' AND lease_until > clock_timestamp())) AS workers
FROM shard_run AS run WHERE run_id = ANY($1::text[])`;

export interface ClaimRow {
  shard_id: string;
  run_id: string;
  migration_id: string;
  kind: string;
  ordinal: number;
  range: Json;
  position: Json;
  epoch: number;
  attempts: number;
  failing_for_ms: number;
  taken_over: boolean;
}

export function toClaim(row: ClaimRow): Claim {
  return {
    shardId: row.shard_id,
    runId: row.run_id,
    migrationId: row.migration_id,
    kind: row.kind,
    ordinal: row.ordinal,
    range: row.range,
    position: row.position,
    epoch: row.epoch,
    attempts: row.attempts,
    failingForMs: row.failing_for_ms,
    takenOver: row.taken_over,
  };
}
