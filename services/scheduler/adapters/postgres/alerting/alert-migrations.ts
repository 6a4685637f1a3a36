import type { Migration } from '@smartant/platform/postgres';

/** Tables of alert rules, in the scheduler's schema. They come after all others. */
export const alertMigrations: Migration[] = [
  {
    name: 'alerts-001-rules-and-conditions',
    up: `
      -- Only what was changed of a rule; a workspace_id that is empty is the platform. A row stays when the rule goes back to the usual, so that its version never goes back.
      CREATE TABLE alert_rule (
        workspace_id text NOT NULL,
        name text NOT NULL,
        change json NOT NULL,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL,
        PRIMARY KEY (workspace_id, name)
      );
      CREATE TABLE alert_condition (
        fingerprint text PRIMARY KEY,
        id text NOT NULL UNIQUE,
        workspace_id text NOT NULL,
        rule text NOT NULL,
        subject text NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
        migration_id text NOT NULL,
        -- The rest of it: read and written as a whole.
        condition json NOT NULL
      );
      CREATE INDEX alert_condition_list ON alert_condition (workspace_id, id);
      CREATE INDEX alert_condition_migration ON alert_condition (migration_id) WHERE subject = 'migration';
      CREATE INDEX alert_condition_subject ON alert_condition (subject) WHERE subject <> 'migration';
      CREATE TABLE alert_look (
        name text PRIMARY KEY,
        due_at timestamptz NOT NULL
      );
      INSERT INTO alert_look (name, due_at) VALUES ('rules', '-infinity');

      -- When something of it last moved: a run that goes on is settled each second anyway.
      ALTER TABLE migration ADD moved_at timestamptz;
    `,
  },
  {
    name: 'alerts-002-endpoint-trials',
    up: `
      CREATE TABLE endpoint_trial (
        endpoint_id text PRIMARY KEY REFERENCES endpoint (id) ON DELETE CASCADE,
        due_at timestamptz NOT NULL,
        claim_token text,
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        error json
      );
      CREATE INDEX endpoint_trial_failing ON endpoint_trial (failing_since) WHERE failures > 0;
      -- Of the client certificate in it; null: none, or it was stored by a version that did not look.
      ALTER TABLE endpoint_secret ADD certificate_from timestamptz, ADD certificate_until timestamptz;
      CREATE INDEX endpoint_secret_certificate ON endpoint_secret (certificate_until) WHERE certificate_until IS NOT NULL;
      CREATE INDEX api_key_expiry ON api_key (expires_at) WHERE expires_at IS NOT NULL AND revoked_at IS NULL;
    `,
  },
];
