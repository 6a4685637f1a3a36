import type { Migration } from '@smartant/platform/postgres';
import { RUN_TABLES, STAGE_TABLES } from '@smartant/runs/adapters';

/** The tables of schema db_migrator, beside those of the shards and the outbox. */
export function databaseMigrations(): Migration[] {
  return [
    { name: 'database-0001-tables', up: TABLES },
    { name: 'database-0002-checks', up: CHECKS },
  ];
}

const TABLES = `${RUN_TABLES}
ALTER TABLE run
  ADD stream    jsonb,
  ADD frozen_at timestamptz,
  ADD opened_at timestamptz;
${STAGE_TABLES}`;

const CHECKS = `CREATE TABLE database_check (
  id           text PRIMARY KEY,
  migration_id text NOT NULL,
  kind         text NOT NULL,
  tables       jsonb NOT NULL,
  state        text NOT NULL DEFAULT 'asked',
  result       jsonb,
  error        jsonb,
  asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at  timestamptz
);
CREATE INDEX database_check_migration ON database_check (migration_id, asked_at);
`;
