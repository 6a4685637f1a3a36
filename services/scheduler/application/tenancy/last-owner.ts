import type { AuditTarget } from '../ports/audit';
import type { Member, MemberStore } from '../ports/tenancy';

/** Whether nobody else owns the workspace and can sign in. To be asked with the workspace locked, or the answer holds for no time at all. */
export async function isLastOwner(
  members: Pick<MemberStore, 'countOwners'>,
  workspaceId: string,
  { role, disabled }: Member,
): Promise<boolean> {
  return role === 'owner' && !disabled && (await members.countOwners(workspaceId)) <= 1;
}

/** A member as the trail names it. */
export function memberTarget({ userId, username }: Pick<Member, 'userId' | 'username'>): AuditTarget {
  return { kind: 'member', id: userId, name: username };
}
