import type { Schema } from '@smartant/contracts/openapi';

type Role = Schema<'Role'>;

/** From the least to the most. */
const ROLES = ['viewer', 'operator', 'owner', 'admin'] as const satisfies readonly Role[];

/** The roles that a user of this one may hand on, the least first: it is the one to begin with. */
export function rolesUpTo(role: Role): Role[] {
  return ROLES.slice(0, ROLES.indexOf(role) + 1);
}
