import type { Migration } from '../migrate';

/**
 * - `incarnation`: all that this schema has ever had, oldest first by `number`; the last one is the current one, with the life of
 *   the server (its start) for which it was last confirmed
 * - `incarnation_witness`: processes that remember what was acknowledged to them
 * - `incarnation_receipt`: a counter for each of their connections, which grows with each transaction that it commits
 *
 * A schema that is made or upgraded gets its first incarnation with the step itself. A table without rows is therefore one that a
 * restore has emptied.
 */
export const incarnationMigrations: Migration[] = [
  {
    name: 'incarnation-0001',
    up: `
CREATE TABLE incarnation (
  id                text PRIMARY KEY,
  number            integer NOT NULL UNIQUE,
  began_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  life              integer NOT NULL,
  server_life       text NOT NULL,
  system_identifier text,
  timeline          integer,
  revalidated       boolean NOT NULL
);
CREATE TABLE incarnation_witness (
  process  text PRIMARY KEY,
  n        bigint NOT NULL,
  answered text,
  seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE incarnation_receipt (
  id      text PRIMARY KEY,
  process text NOT NULL REFERENCES incarnation_witness (process) ON DELETE CASCADE,
  n       bigint NOT NULL
) WITH (fillfactor = 20);
CREATE INDEX incarnation_receipt_of_process ON incarnation_receipt (process);

-- What can be told of the server: null where a managed one does not say. The control file names the timeline of the last
-- checkpoint, which may be one before a promotion; the name of the WAL file that is written now does not lag.
CREATE FUNCTION incarnation_server(OUT life text, OUT system_identifier text, OUT timeline integer) LANGUAGE plpgsql AS $$
BEGIN
  life := extract(epoch FROM pg_postmaster_start_time())::text;
  BEGIN
    SELECT control.system_identifier::text INTO system_identifier FROM pg_control_system() AS control;
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN NULL;
  END;
  BEGIN
    timeline := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported OR object_not_in_prerequisite_state THEN NULL;
  END;
END
$$;

INSERT INTO incarnation (id, number, life, server_life, system_identifier, timeline, revalidated)
  SELECT gen_random_uuid()::text, 1, 1, server.life, server.system_identifier, server.timeline, true FROM incarnation_server() AS server;
`,
  },
  {
    name: 'incarnation-0002-restored',
    up: `
-- It began with a restore: nobody knows what happened after the backup, nor how long that was.
ALTER TABLE incarnation ADD restored boolean NOT NULL DEFAULT false;
`,
  },
];
