import type { Database } from '@smartant/platform/postgres';
import { openIdentity, type Identity, type IdentityOptions } from '../../../application/identity/identity';
import { PostgresAccountUnitOfWork } from './postgres-account-unit-of-work';
import { PostgresIdentityStore } from './postgres-identity-store';

export { identityMigrations } from './identity-migrations';
export { sessionMigrations } from './session-migrations';

/** Users, API keys and access tokens on the scheduler's database, which must have the tables of `identityMigrations` and `sessionMigrations`. See `openIdentity`. */
export function createIdentity({
  database,
  ...options
}: Omit<IdentityOptions, 'store' | 'accounts'> & { database: Database }): Promise<Identity> {
  return openIdentity({ ...options, store: new PostgresIdentityStore(database), accounts: new PostgresAccountUnitOfWork(database) });
}
