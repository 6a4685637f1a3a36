import type { Migration } from '@smartant/platform/postgres';
import { RUN_TABLES } from '@smartant/runs/adapters';

/** The tables of schema db_migrator, beside those of the shards and the outbox. */
export function databaseMigrations(): Migration[] {
  return [{ name: 'database-0001-tables', up: TABLES }];
}

const TABLES = `${RUN_TABLES}
ALTER TABLE run
  ADD stream    jsonb,
  ADD frozen_at timestamptz,
  ADD opened_at timestamptz;

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
