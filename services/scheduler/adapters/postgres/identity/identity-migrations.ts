import type { Migration } from '@smartant/platform/postgres';

/** Tables of users, keys and sign-in attempts, in the scheduler's schema. They come after the table `workspace`. */
export const identityMigrations: Migration[] = [
  {
    name: 'identity-001-users-and-keys',
    up: `
      CREATE TABLE app_user (
        id text PRIMARY KEY,
        username text NOT NULL,
        password_hash text NOT NULL,
        platform_admin boolean NOT NULL DEFAULT false,
        disabled_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX app_user_username ON app_user (lower(username));
      CREATE TABLE workspace_member (
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        user_id text NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'owner')),
        PRIMARY KEY (workspace_id, user_id)
      );
      CREATE INDEX workspace_member_user ON workspace_member (user_id);
      CREATE TABLE api_key (
        id text PRIMARY KEY,
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        user_id text NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'operator', 'owner', 'admin')),
        prefix text NOT NULL,
        digest bytea NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz
      );
      CREATE UNIQUE INDEX api_key_name ON api_key (workspace_id, name) WHERE revoked_at IS NULL;
      CREATE TABLE signing_key (
        kid text PRIMARY KEY,
        public_jwk jsonb NOT NULL,
        sealed_private_key text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        activates_at timestamptz NOT NULL,
        retires_at timestamptz
      );
      CREATE TABLE sign_in_attempt (
        subject text PRIMARY KEY,
        failures integer NOT NULL,
        blocked_until timestamptz,
        updated_at timestamptz NOT NULL
      );
      CREATE INDEX sign_in_attempt_age ON sign_in_attempt (updated_at);
    `,
  },
];
