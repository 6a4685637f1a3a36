import { SmartantError } from '@smartant/kernel';
import { assertOwner } from '../access';
import type { Member } from '../ports/tenancy';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { Caller } from '../use-cases';
import { assertRoleWithin } from './assert-role';
import { confirmOwner } from './confirm-role';
import { doneFact } from '../audit/facts';
import { isLastOwner, memberTarget } from './last-owner';
import { requireUser } from './require-user';
import type { MemberRole, MemberUseCases } from './tenancy-use-cases';

/** Who is in a workspace. Changes of one workspace follow each other, so that two at once can't take away its last two owners. */
export class MemberService implements MemberUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  list(caller: Caller): Promise<Member[]> {
    assertOwner(caller);
    return this.unitOfWork.reads.members.list(caller.workspaceId);
  }

  add(caller: Caller, { username, role }: { username: string; role: MemberRole }): Promise<Member> {
    assertOwner(caller);
    assertRoleWithin(caller, role);
    return this.changing(caller, async (stores) => {
      const { id } = requireUser(await stores.users.find(username), username);
      if (!(await stores.members.add(caller.workspaceId, id, role))) throw memberExists(username);
      const member = await requireMember(stores, caller, id);
      await stores.audit.append(caller, doneFact('member.add', caller.workspaceId, memberTarget(member), { after: { role } }));
      return member;
    });
  }

  setRole(caller: Caller, userId: string, role: MemberRole): Promise<Member> {
    assertOwner(caller);
    assertRoleWithin(caller, role);
    return this.changing(caller, async (stores) => {
      const before = await this.changeable(stores, caller, userId, role === 'owner');
      await stores.members.setRole(caller.workspaceId, userId, role);
      const change = { before: { role: before.role }, after: { role } };
      await stores.audit.append(caller, doneFact('member.change-role', caller.workspaceId, memberTarget(before), change));
      return { ...before, role };
    });
  }

  remove(caller: Caller, userId: string): Promise<void> {
    assertOwner(caller);
    return this.changing(caller, async (stores) => {
      const before = await this.changeable(stores, caller, userId, false);
      await stores.members.remove(caller.workspaceId, userId);
      const change = { before: { role: before.role } };
      await stores.audit.append(caller, doneFact('member.remove', caller.workspaceId, memberTarget(before), change));
    });
  }

  private changing<T>(caller: Caller, work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.unitOfWork.transaction(async (stores) => {
      await confirmOwner(stores, caller);
      return work(stores);
    });
  }

  /** The member, whose role may be changed: it is not above the caller's, and somebody else owns the workspace if it stops to. */
  private async changeable(stores: Stores, caller: Caller, userId: string, staysOwner: boolean): Promise<Member> {
    const member = await requireMember(stores, caller, userId);
    assertRoleWithin(caller, member.role);
    if (!staysOwner && (await isLastOwner(stores.members, caller.workspaceId, member))) throw lastOwner(member.username);
    return member;
  }
}

/** Raises MEMBER_NOT_FOUND. */
async function requireMember(stores: Stores, { workspaceId }: Caller, userId: string): Promise<Member> {
  const found = await stores.members.find(workspaceId, userId);
  if (found) return found;
  throw new SmartantError('MEMBER_NOT_FOUND', `There is no member "${userId}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the members to see their ids.',
  });
}

export function memberExists(username: string): SmartantError {
  return new SmartantError('MEMBER_EXISTS', `"${username}" is a member of this workspace already.`, {
    kind: 'conflict',
    hint: "Change the member's role instead.",
  });
}

function lastOwner(username: string): SmartantError {
  return new SmartantError('MEMBER_LAST_OWNER', `"${username}" is the last owner of this workspace.`, {
    kind: 'precondition',
    hint: 'Make somebody else an owner first.',
  });
}
