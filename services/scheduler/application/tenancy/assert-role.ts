import { SmartantError } from '@smartant/kernel';
import { isStronger, type Role } from '../identity/permissions';
import type { Caller } from '../use-cases';

/** Nobody gives a role, or takes one away, that is above their own. Raises ROLE_TOO_HIGH. */
export function assertRoleWithin(caller: Caller, role: Role): void {
  if (!isStronger(role, caller.role)) return;
  throw new SmartantError('ROLE_TOO_HIGH', `The role ${role} is above yours, which is ${caller.role}.`, {
    kind: 'forbidden',
    hint: 'Ask somebody who has that role.',
  });
}
