import { calendarMigrations } from './calendar/calendar-keeper';
import { CLAIM_FUNCTION } from './claim-function';
import { limitMigrations } from './limits/limit-migrations';
import { WRITE_FUNCTIONS } from './write-functions';

/**
 * The tables of the work engine, for the schema of the service that uses it.
 *
 * Lock order everywhere: `shard_run` before `shard`. Counters of a run are merged under its row's lock, so "am I the
 * last shard of this stage?" has one answer even when two shards complete at once. A claim alone locks shards first, and
 * therefore touches no run: what it has to say of a takeover is a row of its own in `shard_zombie`.
 */
export function shardMigrations(): { name: string; up: string }[] {
  return [
    { name: 'shards-0001-tables', up: TABLES },
    { name: 'shards-0002-engine', up: ENGINE },
    { name: 'shards-0003-claim', up: CLAIM_FUNCTION },
    { name: 'shards-0004-writes', up: WRITE_FUNCTIONS },
    { name: 'shards-0005-retention', up: RETENTION },
    ...limitMigrations(),
    ...calendarMigrations(),
  ];
}

/** Set once nothing is left of an ended run but its own row, so that it is not looked at again. */
const RETENTION = `
ALTER TABLE shard_run ADD swept boolean NOT NULL DEFAULT false;
CREATE INDEX shard_run_unswept ON shard_run (ended_at) WHERE state = 'ended' AND NOT swept;
`;

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

/**
 * Only open shards stay in `shard`, so that the cost of a claim does not grow with what is done. Its rows change often:
 * room in their pages lets a checkpoint or renewal stay in its page and out of the indexes, and vacuum comes by early.
 */
const ENGINE = `
ALTER TABLE shard_run
  ADD workspace_id text NOT NULL DEFAULT '',
  ADD priority     smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
  ADD opens_at     timestamptz,
  ADD ended_at     timestamptz,
  ADD shards_open  integer NOT NULL DEFAULT 0,
  ADD shards_done  integer NOT NULL DEFAULT 0;
ALTER TABLE shard
  ADD path      integer[] NOT NULL DEFAULT '{}',
  ADD splits    integer NOT NULL DEFAULT 0,
  ADD takeovers integer NOT NULL DEFAULT 0,
  ADD writes    boolean NOT NULL DEFAULT true;

-- As a function in SQL it was planned anew in each statement, which cost more than the statement itself.
CREATE OR REPLACE FUNCTION ledger_sum(a jsonb, b jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF b = '{}' THEN RETURN a; END IF;
  IF a = '{}' THEN RETURN b; END IF;
  RETURN (
    SELECT jsonb_object_agg(key, total)
    FROM (
      SELECT key, sum(value::numeric) AS total
      FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS entries
      GROUP BY key
    ) AS totals
  );
END
$$;

CREATE TABLE finished_shard (
  shard_id    text NOT NULL,
  run_id      text NOT NULL REFERENCES shard_run (run_id) ON DELETE CASCADE,
  kind        text NOT NULL,
  ordinal     integer NOT NULL,
  path        integer[] NOT NULL,
  range       jsonb NOT NULL,
  ledger      jsonb NOT NULL,
  epoch       integer NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX finished_shard_of_run ON finished_shard (run_id, kind, ordinal);

CREATE TABLE shard_zombie (
  migration_id text NOT NULL,
  shard_id     text NOT NULL,
  epoch        integer NOT NULL,
  until        timestamptz NOT NULL
);
CREATE INDEX shard_zombie_of_migration ON shard_zombie (migration_id, until);

CREATE TABLE shard_worker (
  worker_id text PRIMARY KEY,
  slots     integer NOT NULL,
  held      integer NOT NULL,
  seen_at   timestamptz NOT NULL
) WITH (fillfactor = 50);

UPDATE shard_run SET
  ended_at = CASE WHEN state = 'ended' THEN clock_timestamp() END,
  shards_open = (SELECT count(*) FROM shard WHERE shard.run_id = shard_run.run_id AND shard.state IN ('pending', 'leased')),
  shards_done = (SELECT count(*) FROM shard WHERE shard.run_id = shard_run.run_id AND shard.state = 'done');
INSERT INTO finished_shard (shard_id, run_id, kind, ordinal, path, range, ledger, epoch, finished_at)
  SELECT shard_id, run_id, kind, ordinal, path, range, ledger, epoch, coalesce(finished_at, clock_timestamp())
  FROM shard WHERE state = 'done' ORDER BY run_id, kind, ordinal, created_at;
DELETE FROM shard WHERE state IN ('done', 'cancelled');

-- Each index costs every claim an entry: what a run has is found by the two partial ones. Rows are removed with their run
-- by \`forgetMigration\`, as a cascade would have no index either.
DROP INDEX shard_claimable;
DROP INDEX shard_of_run;
ALTER TABLE shard DROP CONSTRAINT shard_run_id_fkey;
CREATE INDEX shard_run_open ON shard_run (workspace_id) WHERE state <> 'ended';
CREATE INDEX shard_pending ON shard (run_id, ordinal, not_before) WHERE state = 'pending';
CREATE INDEX shard_leased ON shard (run_id) WHERE state = 'leased';
ALTER TABLE shard SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.1);
ALTER TABLE shard_run SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500);
`;
