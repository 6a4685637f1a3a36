import { SmartantError } from '@smartant/kernel';
import type { Caller } from './use-cases';

/** Raises ROLE_FORBIDDEN for a viewer: only owners, operators and administrators change things. */
export function assertMayWrite(caller: Caller): void {
  if (caller.role !== 'viewer') return;
  throw roleForbidden('Viewers can look, but not change anything.', 'Ask an owner of the workspace for the operator role.');
}

/** Raises ROLE_FORBIDDEN for all but the platform's administrators. */
export function assertAdmin(caller: Caller): void {
  if (caller.role === 'admin') return;
  throw roleForbidden('Only administrators of the platform can do this.', 'Ask an administrator.');
}

/** Raises ROLE_FORBIDDEN for all but the owners of the workspace and the platform's administrators. */
export function assertOwner(caller: Caller): void {
  if (caller.role === 'owner' || caller.role === 'admin') return;
  throw roleForbidden('Only owners of the workspace can do this.', 'Ask an owner of the workspace.');
}

export function roleForbidden(message: string, hint: string): SmartantError {
  return new SmartantError('ROLE_FORBIDDEN', message, { kind: 'forbidden', hint });
}
