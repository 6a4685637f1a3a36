import type { Migration } from '@smartant/platform/postgres';

/** Tables of sign-ins with providers, in the scheduler's schema. They come after those of `identityMigrations`. */
export const oidcMigrations: Migration[] = [
  {
    name: 'oidc-001-providers',
    up: `
      CREATE TABLE oidc_provider (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        issuer text NOT NULL,
        client_id text NOT NULL,
        sealed_secret text NOT NULL,
        scopes text NOT NULL,
        mappings json NOT NULL,
        link_verified_email boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      -- By issuer and not by provider: a provider that is removed and added again finds its users.
      CREATE TABLE oidc_link (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id text NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
        granted text[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (issuer, subject)
      );
      CREATE INDEX oidc_link_user ON oidc_link (user_id);
      CREATE TABLE oidc_flow (
        state_digest bytea PRIMARY KEY,
        provider_id text NOT NULL REFERENCES oidc_provider (id) ON DELETE CASCADE,
        challenge text NOT NULL,
        port integer NOT NULL,
        expires_at timestamptz NOT NULL,
        returned_at timestamptz,
        ticket_digest bytea UNIQUE,
        user_id text REFERENCES app_user (id) ON DELETE CASCADE,
        workspace_id text,
        method text
      );
      CREATE INDEX oidc_flow_age ON oidc_flow (expires_at);
    `,
  },
  {
    name: 'oidc-002-second-factors',
    up: `
      ALTER TABLE oidc_provider
        ADD COLUMN assume_second_factor boolean NOT NULL DEFAULT false,
        ADD COLUMN second_factor_acr text[] NOT NULL DEFAULT '{}';
      ALTER TABLE oidc_flow ADD COLUMN second_factor boolean NOT NULL DEFAULT false;
    `,
  },
];
