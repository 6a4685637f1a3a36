import { SmartantError } from '@smartant/kernel';
import type { Membership } from './identity-store';

/**
 * The membership that a token is for: of the wanted workspace (id or name), else the first. Raises WORKSPACE_FORBIDDEN, the same for a
 * workspace of others and for one that there is not, and WORKSPACE_MEMBERSHIP_MISSING.
 */
export function chooseMembership(memberships: Membership[], wanted: string | undefined): Membership {
  if (wanted !== undefined) {
    const found =
      memberships.find(({ workspace }) => workspace.id === wanted) ?? memberships.find(({ workspace }) => workspace.name === wanted);
    if (found) return found;
    throw new SmartantError('WORKSPACE_FORBIDDEN', 'You are not a member of this workspace, or it is disabled.', {
      kind: 'forbidden',
      hint: 'Sign in without naming one, and see GET /v1/workspaces.',
    });
  }
  const [first] = memberships;
  if (first) return first;
  throw new SmartantError('WORKSPACE_MEMBERSHIP_MISSING', 'You are not a member of any workspace.', {
    kind: 'forbidden',
    hint: 'Ask an administrator to add you to one.',
  });
}
