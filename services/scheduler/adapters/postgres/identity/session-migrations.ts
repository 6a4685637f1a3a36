import type { Migration } from '@smartant/platform/postgres';

/** Tables of sessions, in the scheduler's schema. They come after those of `identityMigrations`. */
export const sessionMigrations: Migration[] = [
  {
    name: 'session-001-sessions',
    up: `
      CREATE TABLE user_session (
        id text PRIMARY KEY,
        user_id text NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
        workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
        method text NOT NULL,
        address text NOT NULL,
        user_agent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        idle_until timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        -- Counts the rotations of the refresh token: a token of an earlier one is an old token.
        generation integer NOT NULL DEFAULT 1,
        rotated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        end_reason text
      );
      CREATE INDEX user_session_user ON user_session (user_id);
      CREATE INDEX user_session_open ON user_session (user_id, last_used_at) WHERE ended_at IS NULL;
      CREATE INDEX user_session_idle ON user_session (idle_until);
      -- Old tokens are kept as long as their session: one that comes back was copied.
      CREATE TABLE user_session_token (
        digest bytea PRIMARY KEY,
        session_id text NOT NULL REFERENCES user_session (id) ON DELETE CASCADE,
        generation integer NOT NULL
      );
      CREATE INDEX user_session_token_session ON user_session_token (session_id);
    `,
  },
  {
    name: 'session-002-second-factors',
    up: `
      CREATE TABLE user_second_factor (
        user_id text PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
        sealed_secret text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        confirmed_at timestamptz,
        -- The last time step that a code was taken of: each code is good for one sign-in.
        last_step bigint NOT NULL DEFAULT -1
      );
      CREATE TABLE user_recovery_code (
        user_id text NOT NULL REFERENCES user_second_factor (user_id) ON DELETE CASCADE,
        digest bytea NOT NULL,
        used_at timestamptz,
        PRIMARY KEY (user_id, digest)
      );
    `,
  },
  {
    name: 'session-003-known-sign-ins',
    up: `
      -- Hashes of a name and an address that it has signed in from.
      CREATE TABLE sign_in_known (subject text PRIMARY KEY, seen_at timestamptz NOT NULL);
      CREATE INDEX sign_in_known_age ON sign_in_known (seen_at);
    `,
  },
  {
    name: 'session-004-second-factor-rules',
    up: `
      ALTER TABLE workspace ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;
      ALTER TABLE user_session ADD COLUMN second_factor boolean NOT NULL DEFAULT false;
      -- Enrolment has always ended the sessions that were opened without the factor.
      UPDATE user_session SET second_factor = true FROM user_second_factor AS factor
      WHERE factor.user_id = user_session.user_id AND factor.confirmed_at IS NOT NULL AND user_session.method IN ('password', 'invitation');
    `,
  },
];
