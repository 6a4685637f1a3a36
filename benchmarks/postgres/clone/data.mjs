// The database that is cloned, and how a clone of it is compared, by the servers themselves.
import { execFileSync } from 'node:child_process';

export function fill(programs, server, database, { scale, wideRows }) {
  server.query('postgres', `CREATE DATABASE ${database}`);
  execFileSync(programs.bin('pgbench'), ['-i', '-q', '-s', String(scale), server.url(database)], { stdio: 'ignore' });
  server.query(
    database,
    `CREATE TABLE wide (id bigint PRIMARY KEY, at timestamptz NOT NULL, customer int NOT NULL, price numeric(12, 2), title text, note text, tags text[], extra jsonb, digest bytea);
     INSERT INTO wide SELECT n, '2026-01-01'::timestamptz + n * interval '1 second', n % 10007, n * 0.37, 'order ' || n, repeat(md5(n::text), 8), ARRAY['a' || n % 7, 'b'],
       jsonb_build_object('n', n, 'state', 'open', 'items', jsonb_build_array(n % 3, n % 5)), decode(md5(n::text), 'hex') FROM generate_series(1, ${wideRows}) n;
     CREATE INDEX ON wide (customer); CREATE INDEX ON wide (at)`,
  );
  server.query(database, 'VACUUM ANALYZE');
  server.query(database, 'CHECKPOINT');
  return Number(server.query(database, 'SELECT pg_database_size(current_database())'));
}

/** A digest over all rows of all tables, and the definitions of all indexes and constraints. */
export function contentOf(server, database) {
  const tables = server
    .query(database, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`)
    .split('\n');
  const rows = tables.map(
    (table) => `${table} ${server.query(database, `SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "${table}" t`)}`,
  );
  const indexes = server.query(database, `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`);
  const constraints = server.query(
    database,
    `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );
  return [...rows, indexes, constraints].join('\n');
}
