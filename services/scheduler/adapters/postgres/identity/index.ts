import type { Database } from '@smartant/platform/postgres';
import { openIdentity, type Identity, type IdentityOptions } from '../../../application/identity/identity';
import { PostgresIdentityStore } from './postgres-identity-store';

export { identityMigrations } from './identity-migrations';

/** Users, API keys and access tokens on the scheduler's database, which must have the tables of `identityMigrations`. See `openIdentity`. */
export function createIdentity({ database, ...options }: Omit<IdentityOptions, 'store'> & { database: Database }): Promise<Identity> {
  return openIdentity({ ...options, store: new PostgresIdentityStore(database) });
}
