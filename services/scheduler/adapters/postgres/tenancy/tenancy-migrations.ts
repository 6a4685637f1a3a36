import type { Migration } from '@smartant/platform/postgres';

/** Tables of workspaces, invitations, service accounts and quotas, in the scheduler's schema. They come after `identityMigrations`. */
export const tenancyMigrations: Migration[] = [
  {
    name: 'tenancy-001-workspaces-and-members',
    up: `
      ALTER TABLE workspace ADD disabled_at timestamptz;
      ALTER TABLE workspace_member ADD joined_at timestamptz NOT NULL DEFAULT now();

      CREATE TABLE invitation (
        id text PRIMARY KEY,
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        invitee text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'owner')),
        -- SHA-256 of the token: 256 random bits need no slow hash.
        digest bytea NOT NULL UNIQUE,
        invited_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        accepted_at timestamptz,
        accepted_by text,
        revoked_at timestamptz
      );
      CREATE INDEX invitation_open ON invitation (workspace_id) WHERE accepted_at IS NULL AND revoked_at IS NULL;

      CREATE TABLE service_account (
        user_id text PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        name text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX service_account_name ON service_account (workspace_id, lower(name));

      CREATE TABLE workspace_quota (
        workspace_id text PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
        migrations bigint NOT NULL,
        endpoints bigint NOT NULL,
        bytes_per_second bigint NOT NULL,
        requests_per_second bigint NOT NULL,
        concurrency bigint NOT NULL
      );
      CREATE INDEX migration_active_in_workspace ON migration (workspace_id) WHERE NOT at_rest;
    `,
  },
];
