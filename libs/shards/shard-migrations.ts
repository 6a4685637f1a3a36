/**
 * The tables of the work engine, for the schema of the service that uses it.
 *
 * Lock order everywhere: `shard_run` before `shard`. Counters of a run are merged under its row's lock, so "am I the
 * last shard of this stage?" has one answer even when two shards complete at once.
 */
export function shardMigrations(): { name: string; up: string }[] {
  return [{ name: 'shards-0001-tables', up: TABLES }];
}

const TABLES = `
CREATE TABLE shard_run (
  run_id       text PRIMARY KEY,
  migration_id text NOT NULL,
  state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
  settings     jsonb NOT NULL DEFAULT 'null',
  ledger       jsonb NOT NULL DEFAULT '{}',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX shard_run_migration ON shard_run (migration_id);

CREATE TABLE shard (
  shard_id        text PRIMARY KEY,
  run_id          text NOT NULL REFERENCES shard_run (run_id) ON DELETE CASCADE,
  migration_id    text NOT NULL,
  kind            text NOT NULL,
  ordinal         integer NOT NULL,
  range           jsonb NOT NULL,
  position        jsonb NOT NULL DEFAULT 'null',
  state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'leased', 'done', 'cancelled')),
  epoch           integer NOT NULL DEFAULT 0,
  worker_id       text,
  lease_until     timestamptz,
  not_before      timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts        integer NOT NULL DEFAULT 0,
  failing_since   timestamptz,
  last_error      jsonb,
  ledger          jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at     timestamptz
);
CREATE INDEX shard_of_run ON shard (run_id, kind, ordinal);
CREATE INDEX shard_claimable ON shard (migration_id, ordinal) WHERE state IN ('pending', 'leased');

CREATE FUNCTION ledger_sum(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, total), '{}'::jsonb)
  FROM (
    SELECT key, sum(value::numeric) AS total
    FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS entries
    GROUP BY key
  ) AS totals
$$;
`;
