import type { SqlExecutor } from '@smartant/platform/postgres';
import type { LedgerCounters } from './ledger';
import type { Json, ShardError } from './shard';
import { readShardPlace, writeShardPlace, type ShardPlace } from './shard-place';

/**
 * - `waiting`: nobody has it, and nothing is wrong
 * - `working`: held under a lease
 * - `retrying`: to be tried again after a failure
 * - `abandoned`: its holder let the lease run out, and somebody takes it over
 */
export const SHARD_STATES = ['waiting', 'working', 'retrying', 'abandoned', 'done'] as const;
export type ShardState = (typeof SHARD_STATES)[number];

/** Neighbours of one stage (the shards' kind), counted by their state. */
export interface ShardCell extends Record<ShardState, number> {
  stage: string;
  /** From 0, in the order of the ranges. */
  index: number;
  shards: number;
  /** The most failures in a row that one of them has. */
  attempts: number;
  /** The sum of the counters that were asked for. */
  bytes: number;
  /** Of a page that begins here. */
  pageToken: string;
}

export interface MappedShards {
  /** Empty: the migration has no run with shards. */
  runId: string;
  shardsTotal: number;
  shardsDone: number;
  /** Those that ended so long ago that only their number is kept. */
  shardsForgotten: number;
  cells: ShardCell[];
}

export interface ShardView {
  id: string;
  stage: string;
  ordinal: number;
  /** The parts of parts that it is, where shards were split. */
  path: number[];
  state: ShardState;
  /** JSON, cut where it is long. */
  range: string;
  /** The worker that holds its lease; null: nobody. */
  holder: string | null;
  leaseUntil: Date | null;
  epoch: number;
  attempts: number;
  takeovers: number;
  lastError: ShardError | null;
  /** Null: it does not wait for a time. */
  notBefore: Date | null;
  finishedAt: Date | null;
  counters: LedgerCounters;
}

export interface ShardPage {
  runId: string;
  shards: ShardView[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Keys of objects may be long, and a page is for people. */
const RANGE_CHARACTERS = 600;

/** How an open shard stands. */
const STATE_SQL = `CASE
  WHEN state = 'leased' AND lease_until > clock_timestamp() THEN 'working'
  WHEN state = 'leased' THEN 'abandoned'
  WHEN attempts > 0 THEN 'retrying'
  ELSE 'waiting' END`;

/** `$1` migration, `$2` run, empty for the latest that has or had shards. */
const RUN_SQL = `
SELECT run_id AS "runId", shards_open AS open, shards_done AS done FROM shard_run
WHERE migration_id = $1 AND CASE WHEN $2 = '' THEN shards_open + shards_done > 0 ELSE run_id = $2 END
ORDER BY created_at DESC LIMIT 1`;

/** `$1` run, `$2` cells a stage at most, then the counters that are added up. One scan of the run's shards, whatever their number. */
const mapSql = (counters: readonly string[]) => `
WITH one AS (
  SELECT kind, ordinal, path, shard_id, ${STATE_SQL} AS state, attempts, ledger, created_at AS at
  FROM shard WHERE run_id = $1 AND (shard.state = 'pending' OR shard.state = 'leased')
  UNION ALL
  SELECT kind, ordinal, path, shard_id, 'done', 0, ledger, finished_at FROM finished_shard WHERE run_id = $1
), placed AS (
  SELECT one.*, row_number() OVER (PARTITION BY kind ORDER BY ordinal, path, shard_id) - 1 AS nth, count(*) OVER (PARTITION BY kind) AS of_kind
  FROM one
)
SELECT kind AS stage, (nth * least($2::int, of_kind) / of_kind)::int AS index, count(*)::int AS shards,
  ${SHARD_STATES.map((state) => `count(*) FILTER (WHERE state = '${state}')::int AS ${state}`).join(', ')},
  max(attempts)::int AS attempts,
  (${counters.map((_, at) => `coalesce(sum((ledger ->> $${at + 3}::text)::float8), 0)`).join(' + ') || '0'})::float8 AS bytes,
  (array_agg(ordinal ORDER BY nth))[1] AS ordinal, (array_agg(path::text ORDER BY nth))[1] AS path, (array_agg(shard_id ORDER BY nth))[1] AS id
FROM placed GROUP BY kind, 2 ORDER BY min(min(at)) OVER (PARTITION BY kind), kind, 2`;

const AFTER = `($2::text IS NULL OR (kind, ordinal, path, shard_id) >= ($2, $3::int, $4::int[], $5))`;

/** `$1` run, `$2` to `$5` the place of the first one or null, `$6` state or empty, `$7` how many. */
const LIST_SQL = `
SELECT id, stage, ordinal, path, state, left(range::text, ${RANGE_CHARACTERS}) AS range, holder, "leaseUntil", epoch, attempts, takeovers,
  "lastError", "notBefore", "finishedAt", counters
FROM (
  (SELECT shard_id AS id, kind AS stage, ordinal, path, ${STATE_SQL} AS state, range,
    CASE WHEN state = 'leased' THEN worker_id END AS holder, CASE WHEN state = 'leased' THEN lease_until END AS "leaseUntil",
    epoch, attempts, takeovers, CASE WHEN attempts > 0 THEN last_error END AS "lastError",
    CASE WHEN state = 'pending' AND not_before > clock_timestamp() THEN not_before END AS "notBefore",
    NULL::timestamptz AS "finishedAt", ledger AS counters
  FROM shard WHERE run_id = $1 AND (state = 'pending' OR state = 'leased') AND ${AFTER} AND ($6 = '' OR ${STATE_SQL} = $6)
  ORDER BY kind, ordinal, path, shard_id LIMIT $7)
  UNION ALL
  (SELECT shard_id, kind, ordinal, path, 'done', range, NULL, NULL, epoch, 0, 0, NULL, NULL, finished_at, ledger
  FROM finished_shard WHERE run_id = $1 AND $6 IN ('', 'done') AND ${AFTER}
  ORDER BY kind, ordinal, path, shard_id LIMIT $7)
) AS either ORDER BY stage, ordinal, path, id LIMIT $7`;

interface CellRow extends Omit<ShardCell, 'pageToken'> {
  ordinal: number;
  /** As Postgres writes it: `{1,2}`. */
  path: string;
  id: string;
}

/** The shards of a run as people look at them. Reads alone. */
export class ShardMap {
  constructor(private readonly database: SqlExecutor) {}

  /** At most `cells` cells a stage; `byteCounters` names what is added up. `runId` empty: the latest run with shards. */
  async cells(migrationId: string, runId: string, cells: number, byteCounters: readonly string[]): Promise<MappedShards> {
    const run = await this.run(migrationId, runId);
    if (!run) return { runId: '', shardsTotal: 0, shardsDone: 0, shardsForgotten: 0, cells: [] };
    const rows = await this.database.query<CellRow>(mapSql(byteCounters), [run.runId, cells, ...byteCounters]);
    const seen = rows.reduce((sum, { done }) => sum + done, 0);
    return {
      runId: run.runId,
      shardsTotal: run.open + run.done,
      shardsDone: run.done,
      shardsForgotten: Math.max(0, run.done - seen),
      cells: rows.map(({ ordinal, path, id, ...cell }) => ({
        ...cell,
        pageToken: writeShardPlace({ stage: cell.stage, ordinal, path: (path.match(/\d+/g) ?? []).map(Number), id }),
      })),
    };
  }

  /** By stage, then in the order of the ranges; `state` empty: all. Raises PAGE_TOKEN_INVALID. */
  async list(migrationId: string, runId: string, state: ShardState | '', pageSize: number, pageToken: string): Promise<ShardPage> {
    const place = pageToken === '' ? null : readShardPlace(pageToken);
    const run = await this.run(migrationId, runId);
    if (!run) return { runId: '', shards: [], nextPageToken: '' };
    const found = await this.database.query<ShardView>(LIST_SQL, [run.runId, ...placeParameters(place), state, pageSize + 1]);
    const next = found[pageSize];
    return { runId: run.runId, shards: found.slice(0, pageSize), nextPageToken: next ? writeShardPlace(next) : '' };
  }

  private async run(migrationId: string, runId: string): Promise<{ runId: string; open: number; done: number } | undefined> {
    const [run] = await this.database.query<{ runId: string; open: number; done: number }>(RUN_SQL, [migrationId, runId]);
    return run;
  }
}

const placeParameters = (place: ShardPlace | null): (Json | number[])[] =>
  place === null ? [null, null, null, null] : [place.stage, place.ordinal, place.path, place.id];
