import { isStronger } from '../identity/permissions';
import { roleForbidden } from '../access';
import type { Stores } from '../ports/unit-of-work';
import type { Caller } from '../use-cases';

/** Where roles are looked up. */
interface RoleStores {
  workspaces: Pick<Stores['workspaces'], 'lock'>;
  users: Pick<Stores['users'], 'roleIn'>;
}

/**
 * The caller's role as it is in this transaction. A token may tell of a role that was taken away seconds ago: time enough to make an
 * account or a key that would outlast it. Changes of a workspace's people follow each other, so that none comes between this and its commit.
 * Raises ROLE_FORBIDDEN.
 */
export async function confirmOwner(stores: RoleStores, caller: Caller): Promise<void> {
  await stores.workspaces.lock(caller.workspaceId);
  await confirm(stores, caller, 'owner');
}

/** The same for what only administrators of the platform may do. */
export function confirmAdmin(stores: RoleStores, caller: Caller): Promise<void> {
  return confirm(stores, caller, 'admin');
}

async function confirm({ users }: RoleStores, { userId, workspaceId }: Caller, wanted: 'owner' | 'admin'): Promise<void> {
  const role = await users.roleIn(userId, workspaceId);
  if (role !== null && !isStronger(wanted, role)) return;
  throw roleForbidden('Your role was changed in the meantime.', 'Sign in again to see what you may still do.');
}
