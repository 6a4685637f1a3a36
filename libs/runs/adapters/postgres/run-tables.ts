/** The tables that every migrator has beside those of its shards and its outbox; part of the first step of its schema. */
export const RUN_TABLES = `
CREATE TABLE migration_epoch (
  migration_id text PRIMARY KEY,
  epoch        bigint NOT NULL
);

CREATE TABLE run (
  run_id           text PRIMARY KEY,
  migration_id     text NOT NULL,
  workspace_id     text NOT NULL,
  epoch            bigint NOT NULL,
  phase            text NOT NULL,
  round            integer NOT NULL,
  status           text NOT NULL,
  -- Endpoints without their secrets, scope, source_frozen: as ordered; and the trace of the call.
  definition       jsonb NOT NULL,
  limits           jsonb NOT NULL,
  plan             jsonb,
  expected_objects bigint NOT NULL DEFAULT 0,
  expected_bytes   bigint NOT NULL DEFAULT 0,
  error            jsonb,
  findings         jsonb NOT NULL DEFAULT '[]',
  verification     jsonb,
  started_at       timestamptz NOT NULL,
  finished_at      timestamptz
);
CREATE INDEX run_of_migration ON run (migration_id, epoch DESC);

CREATE TABLE failure (
  failure_id      text PRIMARY KEY,
  migration_id    text NOT NULL,
  run_id          text NOT NULL,
  unit            text COLLATE "C" NOT NULL,
  code            text NOT NULL,
  message         text NOT NULL,
  attempts        integer NOT NULL,
  trace_id        text NOT NULL,
  first_failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_failed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retrying', 'resolved', 'waived')),
  decided_by      text,
  decided_reason  text,
  decided_at      timestamptz,
  UNIQUE (migration_id, unit)
);
CREATE INDEX failure_page ON failure (migration_id, failure_id);
CREATE INDEX failure_open ON failure (migration_id) WHERE state = 'open';
`;

/** What migrators have beside that whose runs go through stages. */
export const STAGE_TABLES = `
CREATE TABLE migration_state (
  migration_id          text PRIMARY KEY,
  -- Of whoever holds the migration's work: fences writes at the target.
  holder_epoch          bigint NOT NULL DEFAULT 0,
  -- The engine's own; no secret is in it.
  state                 jsonb NOT NULL DEFAULT '{}',
  leaves_something      boolean NOT NULL DEFAULT false,
  release_failing_since timestamptz
);

CREATE TABLE stage_count (
  migration_id text NOT NULL,
  stage        text NOT NULL,
  run_id       text NOT NULL,
  counted      jsonb NOT NULL,
  PRIMARY KEY (migration_id, stage)
);
`;

/** Tables of `STAGE_TABLES`: kept by migration id. */
export const STAGE_TABLE_NAMES = ['migration_state', 'stage_count'] as const;
