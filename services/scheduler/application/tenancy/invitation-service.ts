import { newId, SmartantError } from '@smartant/kernel';
import { assertOwner } from '../access';
import { invitationTokens, plainDigest } from '../identity/opaque-token';
import { hashPassword } from '../identity/password-hash';
import { assertPasswordStrong } from '../identity/password-policy';
import { isStronger } from '../identity/permissions';
import type { AuditActor } from '../ports/audit';
import type { Invitation } from '../ports/tenancy';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { CallOrigin, Caller } from '../use-cases';
import { assertRoleWithin } from './assert-role';
import { confirmOwner } from './confirm-role';
import { doneFact } from '../audit/facts';
import { memberExists } from './member-service';
import type { AcceptedInvitation, InvitationInput, InvitationUseCases } from './tenancy-use-cases';

/** How people get into a workspace. Whoever holds the token is let in, once. */
export class InvitationService implements InvitationUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async create(caller: Caller, input: InvitationInput): Promise<{ invitation: Invitation; token: string }> {
    assertOwner(caller);
    assertRoleWithin(caller, input.role);
    const token = invitationTokens.make();
    const { userId: invitedBy, workspaceId } = caller;
    const invitation = await this.unitOfWork.transaction(async (stores) => {
      const { invitations, audit } = stores;
      await confirmOwner(stores, caller);
      const made = await invitations.insert({ id: newId('inv'), workspaceId, invitedBy, ...input, digest: plainDigest(token) });
      await audit.append(caller, doneFact('invitation.create', workspaceId, targetOf(made), { after: detailOf(made) }));
      return made;
    });
    return { invitation, token };
  }

  list(caller: Caller): Promise<Invitation[]> {
    assertOwner(caller);
    return this.unitOfWork.reads.invitations.list(caller.workspaceId);
  }

  revoke(caller: Caller, id: string): Promise<void> {
    assertOwner(caller);
    return this.unitOfWork.transaction(async ({ invitations, audit }) => {
      const revoked = await invitations.revoke(caller.workspaceId, id);
      if (!revoked) throw invitationNotFound(id);
      await audit.append(caller, doneFact('invitation.revoke', caller.workspaceId, targetOf(revoked), { before: detailOf(revoked) }));
    });
  }

  async acceptAsNew(
    { token, username, password }: { token: string; username: string; password: string },
    origin: CallOrigin,
  ): Promise<AcceptedInvitation> {
    // Before the password is hashed: that is dear, and this route is open to everybody.
    const digest = await this.requireOpen(token);
    await assertPasswordStrong(password, [username], 'password');
    const user = { id: newId('usr'), username, passwordHash: await hashPassword(password) };
    return this.unitOfWork.transaction(async (stores) => {
      const invitation = await take(stores, digest, user.id);
      await stores.users.insert(user);
      return accept(stores, invitation, { userId: user.id, origin }, username);
    });
  }

  async join(caller: Caller, token: string): Promise<AcceptedInvitation> {
    const digest = await this.requireOpen(token);
    return this.unitOfWork.transaction(async (stores) => {
      const user = await stores.users.find(caller.userId);
      if (!user) throw notForPrograms();
      return accept(stores, await take(stores, digest, user.id), caller, user.username);
    });
  }

  private async requireOpen(token: string): Promise<Buffer> {
    const digest = invitationTokens.looksLike(token) ? plainDigest(token) : null;
    if (digest && (await this.unitOfWork.direct.invitations.findOpen(digest))) return digest;
    throw invitationInvalid();
  }
}

/** Raises INVITATION_INVALID, also where the inviter could not invite any more: a fallen owner must not come back through an old invitation. */
async function take(stores: Stores, digest: Buffer, userId: string): Promise<Invitation> {
  const invitation = await stores.invitations.take(digest, userId);
  if (!invitation) throw invitationInvalid();
  const [inviter, workspace] = [
    await stores.users.roleIn(invitation.invitedBy, invitation.workspaceId),
    await stores.workspaces.lock(invitation.workspaceId),
  ];
  const mayInvite = inviter !== null && !isStronger('owner', inviter);
  if (!mayInvite || !workspace || workspace.disabled) throw invitationInvalid();
  return invitation;
}

async function accept(stores: Stores, invitation: Invitation, actor: AuditActor, username: string): Promise<AcceptedInvitation> {
  const { workspaceId, role } = invitation;
  const workspace = (await stores.workspaces.find(workspaceId))!;
  if (!(await stores.members.add(workspaceId, actor.userId, role))) throw memberExists(username);
  const change = { after: { ...detailOf(invitation), userId: actor.userId, username } };
  await stores.audit.append(actor, doneFact('invitation.accept', workspaceId, targetOf(invitation), change));
  return { workspace: { id: workspace.id, name: workspace.name }, userId: actor.userId, role };
}

function targetOf({ id, invitee }: Invitation) {
  return { kind: 'invitation', id, name: invitee };
}

function detailOf({ invitee, role, expiresAt }: Invitation) {
  return { invitee, role, expiresAt };
}

function invitationNotFound(id: string): SmartantError {
  return new SmartantError('INVITATION_NOT_FOUND', `There is no open invitation "${id}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the invitations to see their ids.',
  });
}

/** One answer for all, so that nobody learns what there was. */
function invitationInvalid(): SmartantError {
  return new SmartantError('INVITATION_INVALID', 'The invitation is unknown, used up, revoked or expired.', {
    kind: 'not-found',
    hint: 'Ask an owner of the workspace for a new one.',
  });
}

function notForPrograms(): SmartantError {
  return new SmartantError('INVITATION_NOT_FOR_PROGRAMS', 'A service account belongs to one workspace and can join no other.', {
    kind: 'forbidden',
    hint: 'Make a service account in the other workspace.',
  });
}
