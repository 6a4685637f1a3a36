import { createEgressGuard, guardedFetch } from '@smartant/platform/egress';
import type { Database } from '@smartant/platform/postgres';
import { openIdentity, type Identity, type IdentityOptions } from '../../../application/identity/identity';
import { OpenIdConnectClient } from '../../oidc/openid-connect-client';
import { PostgresAccountUnitOfWork } from './postgres-account-unit-of-work';
import { PostgresIdentityStore } from './postgres-identity-store';

export { identityMigrations } from './identity-migrations';
export { oidcMigrations } from './oidc-migrations';
export { sessionMigrations } from './session-migrations';

type Optional = 'oidcClient' | 'publicUrl';
export type CreateIdentityOptions = Omit<IdentityOptions, 'store' | 'accounts' | Optional> &
  Partial<Pick<IdentityOptions, Optional>> & { database: Database };

/**
 * Users, sessions, API keys and access tokens on the scheduler's database, which must have the tables of `identityMigrations`,
 * `sessionMigrations` and `oidcMigrations`. Without an `oidcClient` of their own, providers are reached like any address: not on this
 * machine. See `openIdentity`.
 */
export function createIdentity({ database, ...options }: CreateIdentityOptions): Promise<Identity> {
  return openIdentity({
    oidcClient: new OpenIdConnectClient(guardedFetch(createEgressGuard({ allowLoopback: false, allow: [], deny: [] }))),
    publicUrl: 'http://127.0.0.1:7400',
    ...options,
    store: new PostgresIdentityStore(database),
    accounts: new PostgresAccountUnitOfWork(database),
  });
}
