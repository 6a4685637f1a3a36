import { applyMigrations, assertSchemaName, type Migration, type SqlExecutor } from '@smartant/platform/postgres';
import { keyHash } from '../key-hash';

export const BUS_SCHEMA = 'bus';
/** Wakes subscribers; the payload says what happened: "log <topic>", "group <topic>". */
export const BUS_CHANNEL = 'smartant.bus';
/** How far a topic is split. Fixed: another number would send a key's later events elsewhere than its earlier ones. */
export const PARTITIONS = 8;

/**
 * The log is read by position, so positions must become visible in ascending order, or a reader that has passed 7 never sees the 6 that
 * commits later. `append` therefore draws positions under an advisory lock held to the end of its transaction: PostgreSQL makes a
 * transaction visible before it releases its locks (CommitTransaction: ProcArrayEndTransaction, then ResourceOwnerRelease), hence
 * whoever draws a position next draws a higher one and commits after. Services do not append in their own long transactions but through
 * outbox and relay, so the lock is held for a moment only. That is also why no bound by pg_snapshot_xmin is needed, which one idle
 * transaction anywhere in the server would hold back.
 */
const migrations: Migration[] = [
  {
    name: '0001-bus',
    up: `
      CREATE TABLE log (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text NOT NULL UNIQUE,
        topic text NOT NULL,
        partition smallint NOT NULL,
        event json NOT NULL,
        logged_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX log_by_partition ON log (topic, partition, position);
      CREATE INDEX log_by_age ON log (logged_at);

      CREATE FUNCTION append(event_ids text[], topics text[], partitions int[], events text[]) RETURNS void LANGUAGE plpgsql AS $fn$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('smartant.bus.append', 0));
        INSERT INTO bus.log (event_id, topic, partition, event)
          SELECT given.event_id, given.topic, given.partition, given.event::json
          FROM unnest(event_ids, topics, partitions, events) WITH ORDINALITY AS given (event_id, topic, partition, event, place)
          ORDER BY given.place
          ON CONFLICT (event_id) DO NOTHING;
        PERFORM pg_notify('${BUS_CHANNEL}', 'log ' || topic) FROM (SELECT DISTINCT unnest(topics) AS topic) AS named;
      END $fn$;

      CREATE TABLE group_partition (
        topic text NOT NULL,
        consumer_group text NOT NULL,
        partition smallint NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        owner text,
        epoch bigint NOT NULL DEFAULT 0,
        leased_until timestamptz,
        PRIMARY KEY (topic, consumer_group, partition)
      );

      CREATE TABLE group_member (
        member text PRIMARY KEY,
        topic text NOT NULL,
        consumer_group text NOT NULL,
        alive_until timestamptz NOT NULL
      );
      CREATE INDEX group_member_by_group ON group_member (topic, consumer_group);

      CREATE TABLE parked (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        consumer_group text NOT NULL,
        partition smallint NOT NULL,
        event_id text NOT NULL,
        event json NOT NULL,
        reason text NOT NULL,
        error_code text,
        attempts int NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        replaying boolean NOT NULL DEFAULT false,
        UNIQUE (topic, consumer_group, event_id)
      );

      CREATE UNLOGGED TABLE large_broadcast (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        payload text NOT NULL,
        sent_at timestamptz NOT NULL DEFAULT now()
      )`,
  },
];

/**
 * Makes or upgrades the embedded bus's schema and lets the named roles use it. Run by whoever may create schemas (the supervisor as
 * superuser, tests); idempotent. Raises DATABASE_NEWER or DATABASE_MIGRATION_FAILED.
 */
export async function prepareEmbeddedBus(executor: SqlExecutor, { grantTo }: { grantTo: string[] }): Promise<void> {
  await applyMigrations(executor, BUS_SCHEMA, migrations);
  for (const role of grantTo) {
    assertSchemaName(role);
    await executor.query(`
      GRANT USAGE ON SCHEMA ${BUS_SCHEMA} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${BUS_SCHEMA} TO ${role};
      REVOKE INSERT, UPDATE, DELETE ON ${BUS_SCHEMA}.schema_migration FROM ${role};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${BUS_SCHEMA} TO ${role};`);
  }
}

export function partitionOf(key: string): number {
  return keyHash(key) % PARTITIONS;
}
