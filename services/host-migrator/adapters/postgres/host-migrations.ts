import type { Migration } from '@smartant/platform/postgres';
import { RUN_TABLES, STAGE_TABLES } from '@smartant/runs/adapters';

/** The tables of schema host_migrator, beside those of the shards and the outbox. */
export function hostMigrations(): Migration[] {
  return [{ name: 'host-0001-tables', up: TABLES }];
}

const TABLES = `${RUN_TABLES}
ALTER TABLE run
  ADD boot       jsonb,
  ADD prediction jsonb,
  ADD frozen_at  timestamptz,
  ADD opened_at  timestamptz;
${STAGE_TABLES}
-- What was run at the hosts of a migration, for the audit.
CREATE TABLE transcript (
  id           bigserial PRIMARY KEY,
  migration_id text NOT NULL,
  run_id       text NOT NULL,
  host         text NOT NULL CHECK (host IN ('source', 'target')),
  command      text NOT NULL,
  started_at   timestamptz NOT NULL,
  duration_ms  bigint NOT NULL,
  exit_code    integer,
  stderr       text NOT NULL
);
CREATE INDEX transcript_page ON transcript (migration_id, id);
CREATE INDEX transcript_run ON transcript (run_id, id);

-- How many commands of a run are kept, and how many were too many.
CREATE TABLE transcript_count (
  migration_id text NOT NULL,
  run_id       text NOT NULL,
  kept         bigint NOT NULL DEFAULT 0,
  omitted      bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (migration_id, run_id)
);
`;
