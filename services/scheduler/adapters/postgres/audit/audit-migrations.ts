import type { Migration } from '@smartant/platform/postgres';

/** Tables of the audit trail, in the scheduler's schema. */
export const auditMigrations: Migration[] = [
  {
    name: 'audit-001-pending',
    up: `
      -- Written in the transaction of the change. Sequence order is not commit order, so entries are put into the chain afterwards.
      CREATE TABLE audit_pending (
        id text PRIMARY KEY,
        workspace_id text,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        entry json NOT NULL
      );
    `,
  },
  {
    name: 'audit-002-chains',
    up: `
      CREATE INDEX audit_pending_order ON audit_pending (at, id);
      CREATE TABLE audit_chain (
        chain text PRIMARY KEY,
        seq bigint NOT NULL DEFAULT 0,
        hash text NOT NULL
      );
      -- json, not jsonb: it keeps the very text that was hashed. The other columns are made of it, so that they can't say something else.
      CREATE TABLE audit_entry (
        chain text NOT NULL,
        seq bigint NOT NULL,
        body json NOT NULL,
        previous_hash text NOT NULL,
        hash text NOT NULL,
        id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (body ->> 'id') STORED,
        at text COLLATE "C" NOT NULL GENERATED ALWAYS AS (body ->> 'at') STORED,
        action text NOT NULL GENERATED ALWAYS AS (body ->> 'action') STORED,
        actor text NOT NULL GENERATED ALWAYS AS (body -> 'actor' ->> 'userId') STORED,
        target text NOT NULL GENERATED ALWAYS AS (body -> 'target' ->> 'id') STORED,
        PRIMARY KEY (chain, seq)
      );
      CREATE UNIQUE INDEX audit_entry_id ON audit_entry (id);
      CREATE INDEX audit_entry_list ON audit_entry (chain, id);
      CREATE INDEX audit_entry_actor ON audit_entry (actor, id);
      CREATE INDEX audit_entry_target ON audit_entry (target, id);
      -- Signed statements: the chain ended there at that time.
      CREATE TABLE audit_checkpoint (
        chain text NOT NULL,
        seq bigint NOT NULL,
        hash text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        envelope json NOT NULL,
        PRIMARY KEY (chain, seq)
      );
      -- Signed statements: what is up to there was removed on purpose.
      CREATE TABLE audit_anchor (
        chain text NOT NULL,
        seq bigint NOT NULL,
        hash text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        envelope json NOT NULL,
        PRIMARY KEY (chain, seq)
      );
      -- From where an API key was used on which day.
      CREATE TABLE audit_key_use (
        key_id text NOT NULL,
        address text NOT NULL,
        day date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
        PRIMARY KEY (key_id, address, day)
      );
    `,
  },
  {
    name: 'audit-003-append-only',
    up: `
      -- An empty table may be truncated: a restore does that before it fills it.
      CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
      DECLARE allowed boolean := false;
      BEGIN
        IF TG_OP = 'TRUNCATE' THEN
          EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %I.%I)', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO allowed;
          IF allowed THEN RETURN NULL; END IF;
        ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entry' THEN
          EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.audit_anchor WHERE chain = $1 AND seq >= $2)', TG_TABLE_SCHEMA)
            INTO allowed USING OLD.chain, OLD.seq;
          IF allowed THEN RETURN OLD; END IF;
        END IF;
        RAISE EXCEPTION 'the audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END
      $body$;
      -- In a block of its own: the check of steps would take the event that a trigger names for a statement.
      DO $block$
      DECLARE guarded text;
      BEGIN
        FOREACH guarded IN ARRAY ARRAY['audit_entry', 'audit_checkpoint', 'audit_anchor'] LOOP
          EXECUTE format('CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', guarded);
          EXECUTE format('CREATE TRIGGER audit_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', guarded);
        END LOOP;
      END
      $block$;
    `,
  },
];
