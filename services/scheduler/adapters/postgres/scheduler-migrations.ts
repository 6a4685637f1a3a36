import type { Migration } from '@smartant/platform/postgres';

export const WAYS_STEP = 'scheduler-006-ways-to-endpoints';

/**
 * The scheduler's own tables. `json` and not `jsonb` for what we only store and give back: object keys and error texts
 * may hold U+0000, which jsonb refuses.
 */
export const schedulerMigrations: Migration[] = [
  {
    name: 'scheduler-001-workspaces-and-endpoints',
    up: `
      CREATE TABLE workspace (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      INSERT INTO workspace (id, name) VALUES ('ws_00000000000070008000000000000001', 'default');

      CREATE TABLE endpoint (
        id text PRIMARY KEY,
        workspace_id text NOT NULL REFERENCES workspace (id),
        name text NOT NULL,
        location json NOT NULL,
        owned_by_migration_id text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX endpoint_name ON endpoint (workspace_id, name) WHERE owned_by_migration_id IS NULL;
      CREATE INDEX endpoint_owner ON endpoint (owned_by_migration_id) WHERE owned_by_migration_id IS NOT NULL;
      CREATE TABLE endpoint_secret (
        endpoint_id text PRIMARY KEY REFERENCES endpoint (id) ON DELETE CASCADE,
        workspace_id text NOT NULL,
        sealed text NOT NULL
      );

      CREATE TABLE file_root (
        name text PRIMARY KEY,
        path text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
    `,
  },
  {
    name: 'scheduler-002-migrations',
    up: `
      CREATE TABLE migration (
        id text PRIMARY KEY,
        workspace_id text NOT NULL REFERENCES workspace (id),
        source_endpoint_id text NOT NULL,
        target_endpoint_id text NOT NULL,
        phase text NOT NULL,
        status text NOT NULL,
        run_id text,
        at_rest boolean NOT NULL,
        -- Apart from the state, which is rewritten each second while a run goes on: it may hold a hundred thousand keys.
        spec json NOT NULL,
        state json NOT NULL,
        revision bigint NOT NULL DEFAULT 0,
        due_at timestamptz,
        claim_token text,
        claimed_until timestamptz,
        failures integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 70);
      CREATE INDEX migration_due ON migration (due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX migration_list ON migration (workspace_id, id);
      CREATE INDEX migration_run ON migration (run_id);
      CREATE INDEX migration_active_source ON migration (source_endpoint_id) WHERE NOT at_rest;
      CREATE INDEX migration_active_target ON migration (target_endpoint_id) WHERE NOT at_rest;

      CREATE TABLE waiver (
        migration_id text NOT NULL REFERENCES migration (id) ON DELETE CASCADE,
        failure_id text NOT NULL,
        unit json NOT NULL,
        reason text NOT NULL,
        actor text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (migration_id, failure_id)
      );
      CREATE TABLE report (
        migration_id text PRIMARY KEY REFERENCES migration (id) ON DELETE CASCADE,
        envelope json NOT NULL,
        issued_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE report_key (
        key_id text PRIMARY KEY,
        public_key_pem text NOT NULL,
        sealed_private_key text NOT NULL,
        created_at timestamptz NOT NULL,
        retired_at timestamptz
      );
      CREATE UNIQUE INDEX report_key_current ON report_key ((true)) WHERE retired_at IS NULL;

      CREATE TABLE probe (
        id text PRIMARY KEY,
        epoch bigint NOT NULL,
        workspace_id text NOT NULL,
        kind text NOT NULL,
        endpoints json NOT NULL,
        expires_at timestamptz NOT NULL
      );
      CREATE TABLE request (
        workspace_id text NOT NULL,
        scope text NOT NULL,
        request_id text NOT NULL,
        fingerprint text NOT NULL,
        resource_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, scope, request_id)
      );
      CREATE INDEX request_age ON request (created_at);
    `,
  },
  {
    name: 'scheduler-003-runs',
    up: `
      -- Every run that a migration was given: a clean-up may need the secrets under the name of an earlier one.
      CREATE TABLE run (
        id text PRIMARY KEY,
        migration_id text NOT NULL REFERENCES migration (id) ON DELETE CASCADE,
        epoch bigint NOT NULL
      );
      CREATE INDEX run_migration ON run (migration_id);
      INSERT INTO run (id, migration_id, epoch) SELECT run_id, id, (state->>'epoch')::bigint FROM migration WHERE run_id IS NOT NULL;
    `,
  },
  {
    name: 'scheduler-004-stuck-effects-and-fair-claims',
    up: `
      ALTER TABLE migration
        ADD failing_since timestamptz,
        ADD quiet_looks integer NOT NULL DEFAULT 0,
        ADD stuck_effect text;
      CREATE INDEX migration_due_in_workspace ON migration (workspace_id, due_at) WHERE due_at IS NOT NULL;
      CREATE INDEX migration_claimed ON migration (claimed_until) WHERE claimed_until IS NOT NULL;
      CREATE INDEX migration_stuck ON migration (stuck_effect) WHERE stuck_effect IS NOT NULL;
      CREATE INDEX migration_unfinished ON migration (id) WHERE NOT at_rest;
    `,
  },
  {
    name: 'scheduler-005-scope-limits',
    up: `
      -- Of endpoints and workspaces; those of a migration are in its specification.
      CREATE TABLE scope_limit (
        kind text NOT NULL CHECK (kind IN ('endpoint', 'workspace')),
        id text NOT NULL,
        limits json NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (kind, id)
      );
    `,
  },
  {
    name: 'scheduler-007-drafts-and-history',
    up: `
      ALTER TABLE migration ADD kind text, ADD name text;
      -- For what earlier versions stored, and store while they still run beside this one. Not generated columns: -> reads the whole of a
      -- value, and fails where a key of an object anywhere in it holds U+0000.
      CREATE FUNCTION fill_migration_listing() RETURNS trigger LANGUAGE plpgsql AS $fill$
      BEGIN
        NEW.kind := coalesce(NEW.kind, substring(NEW.spec::text FROM '"kind":"(storage|database|host)"'), 'storage');
        IF NEW.name IS NULL THEN
          BEGIN
            NEW.name := coalesce(NEW.state->>'name', NEW.id);
          EXCEPTION WHEN untranslatable_character THEN
            NEW.name := NEW.id;
          END;
        END IF;
        RETURN NEW;
      END
      $fill$;
      CREATE TRIGGER migration_listing BEFORE INSERT OR UPDATE ON migration FOR EACH ROW
        WHEN (NEW.kind IS NULL OR NEW.name IS NULL) EXECUTE FUNCTION fill_migration_listing();
      UPDATE migration SET kind = NULL;
      CREATE INDEX migration_standing ON migration (workspace_id, status, id);

      -- What happened to a migration, for its page. The outbox carries the same facts away.
      CREATE TABLE migration_event (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        migration_id text NOT NULL REFERENCES migration (id) ON DELETE CASCADE,
        version bigint NOT NULL,
        change text NOT NULL,
        phase text NOT NULL,
        status text NOT NULL,
        run_id text,
        error_code text,
        error_message text,
        trace_id text,
        at timestamptz NOT NULL
      );
      CREATE INDEX migration_event_list ON migration_event (migration_id, seq);

      CREATE TABLE migration_draft (
        id text PRIMARY KEY,
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        name text NOT NULL,
        content json NOT NULL,
        created_by text NOT NULL,
        updated_by text NOT NULL,
        version bigint NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX migration_draft_list ON migration_draft (workspace_id, id);
      CREATE INDEX migration_draft_age ON migration_draft (updated_at);
    `,
  },
  {
    name: 'scheduler-008-log-levels',
    up: `
      -- What is logged by a service, or a module of one, for a while. Without level: it was reset before its time.
      CREATE TABLE log_level (
        service text NOT NULL,
        module text NOT NULL,
        level text,
        until timestamptz NOT NULL,
        set_by text NOT NULL,
        PRIMARY KEY (service, module)
      );
    `,
  },
  {
    name: 'scheduler-009-service-presence',
    up: `
      -- What each process of the platform said last of itself.
      CREATE TABLE service_presence (
        service text NOT NULL,
        instance text NOT NULL,
        host text NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        ready boolean NOT NULL,
        problems jsonb NOT NULL,
        calls_per_minute double precision NOT NULL,
        PRIMARY KEY (service, instance)
      );
    `,
  },
  {
    name: 'scheduler-010-migration-search',
    up: `
      -- A search by a part of a name reads this, and not the states, which are a hundred times as large.
      CREATE INDEX migration_search ON migration (workspace_id, id) INCLUDE (name, kind, phase, status);
      DROP INDEX migration_list;
    `,
  },
  // Endpoints with ways or choices of TLS are stored: nothing is changed, but versions that would leave them out are locked out.
  { name: WAYS_STEP, kind: 'contract', onDemand: true, up: 'SELECT 1' },
];
