import type { Migration } from '@smartant/platform/postgres';

/** Tables of the vault and of the rotation of its keys, in the scheduler's schema. */
export const vaultMigrations: Migration[] = [
  {
    name: 'vault-001-rotation',
    up: `
      -- What the vault itself keeps: the key of fingerprints, which has to outlive master keys.
      CREATE TABLE vault_secret (
        name text PRIMARY KEY,
        sealed text NOT NULL
      );
      CREATE TABLE vault_rotation (
        id text PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('master-key', 'data-keys')),
        target_key_id text NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'done', 'superseded')),
        requested_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        total bigint NOT NULL,
        done bigint NOT NULL,
        failed bigint NOT NULL,
        pass integer NOT NULL,
        area text,
        after_id text,
        attempts integer NOT NULL DEFAULT 0,
        last_error json,
        due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        claim_token text,
        claimed_until timestamptz
      );
      CREATE UNIQUE INDEX vault_rotation_running ON vault_rotation ((true)) WHERE state = 'running';
      CREATE INDEX vault_rotation_age ON vault_rotation (created_at);
    `,
  },
  {
    name: 'vault-002-given-up',
    up: `
      -- Sealed values whose key is lost for good, as they were: should the key turn up, they are put back.
      CREATE TABLE vault_given_up (
        area text NOT NULL,
        id text NOT NULL,
        sealed text NOT NULL,
        given_up_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (area, id)
      );
      ALTER TABLE endpoint ADD COLUMN needs_secret boolean NOT NULL DEFAULT false;
    `,
  },
];
