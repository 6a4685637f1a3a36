import type { Migration } from '@smartant/platform/postgres';
import type { Vault } from '../../../application/ports/vault';

/** For specs of identity alone: the table that it expects, as the scheduler's own migrations make it. */
export const workspaceMigration: Migration = {
  name: 'fixture-workspace',
  up: `CREATE TABLE workspace (id text PRIMARY KEY, name text NOT NULL UNIQUE, created_at timestamptz NOT NULL DEFAULT now());
       INSERT INTO workspace (id, name) VALUES ('ws_default', 'default'), ('ws_other', 'other');`,
};

/** Keeps to the vault's contract of contexts without cryptography, so that specs can see what was sealed under which context. */
export const plainVault: Pick<Vault, 'seal' | 'open'> = {
  seal: async (context, plaintext) => `sealed:${context}:${plaintext.toString('base64')}`,
  open: async (context, sealed) => {
    const prefix = `sealed:${context}:`;
    if (!sealed.startsWith(prefix)) throw new Error(`not sealed under ${context}`);
    return Buffer.from(sealed.slice(prefix.length), 'base64');
  },
};
