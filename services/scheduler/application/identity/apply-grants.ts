import type { AuditActor } from '../ports/audit';
import type { Member } from '../ports/tenancy';
import { doneFact } from '../audit/facts';
import { isLastOwner, memberTarget } from '../tenancy/last-owner';
import type { AccountStores } from './account-stores';
import type { GrantedRole, OidcGrant } from './oidc-mapping';

/** A user whom a provider gives places, known there by issuer and subject. */
export interface OidcPerson {
  issuer: string;
  subject: string;
  userId: string;
}

/**
 * Gives the places that a provider's claims earn, takes back what it gave before and does not any more, and leaves what others gave. Each
 * change is a fact of the trail, as if a member had made it. A workspace keeps its last owner: that place stays the provider's, to be
 * changed at a later sign-in. Resolves with the workspaces that kept one. Workspaces are locked in the order of their ids, so that two
 * sign-ins never wait for each other.
 */
export async function applyGrants(stores: AccountStores, by: AuditActor, person: OidcPerson, grants: OidcGrant[]): Promise<string[]> {
  const before = (await stores.oidc.findLink(person.issuer, person.subject))?.granted ?? [];
  const earned = new Map(grants.map(({ workspaceId, role }) => [workspaceId, role]));
  const granted: string[] = [];
  const kept: string[] = [];
  for (const workspaceId of [...new Set([...before, ...earned.keys()])].sort()) {
    if (!(await stores.workspaces.lock(workspaceId))) continue;
    const place = new GrantedPlace(stores, by, person.userId, workspaceId);
    const outcome = await place.change(earned.get(workspaceId) ?? null, before.includes(workspaceId));
    if (outcome !== 'not-granted') granted.push(workspaceId);
    if (outcome === 'last-owner') kept.push(workspaceId);
  }
  await stores.oidc.setGranted(person.issuer, person.subject, granted);
  return kept;
}

/** `last-owner`: granted, and not changed as it should have been. */
type Outcome = 'granted' | 'not-granted' | 'last-owner';

/** The place of one user in one workspace, which is locked. */
class GrantedPlace {
  constructor(
    private readonly stores: AccountStores,
    private readonly by: AuditActor,
    private readonly userId: string,
    private readonly workspaceId: string,
  ) {}

  /** `role`: that is earned now; null: none. `isGranted`: the provider gave the place before. */
  async change(role: GrantedRole | null, isGranted: boolean): Promise<Outcome> {
    const member = await this.stores.members.find(this.workspaceId, this.userId);
    if (!member) return role === null ? 'not-granted' : this.add(role);
    if (!isGranted) return 'not-granted';
    if (member.role === role) return 'granted';
    if (await isLastOwner(this.stores.members, this.workspaceId, member)) return this.keep(member, role);
    return role === null ? this.remove(member) : this.setRole(member, role);
  }

  private async add(role: GrantedRole): Promise<Outcome> {
    const { members, accounts, audit } = this.stores;
    await members.add(this.workspaceId, this.userId, role);
    const username = (await accounts.find(this.userId))?.username ?? '';
    const target = memberTarget({ userId: this.userId, username });
    await audit.append(this.by, doneFact('member.add', this.workspaceId, target, { after: { role } }));
    return 'granted';
  }

  private async setRole(member: Member, role: GrantedRole): Promise<Outcome> {
    await this.stores.members.setRole(this.workspaceId, this.userId, role);
    const change = { before: { role: member.role }, after: { role } };
    await this.stores.audit.append(this.by, doneFact('member.change-role', this.workspaceId, memberTarget(member), change));
    return 'granted';
  }

  private async remove(member: Member): Promise<Outcome> {
    await this.stores.members.remove(this.workspaceId, this.userId);
    const change = { before: { role: member.role } };
    await this.stores.audit.append(this.by, doneFact('member.remove', this.workspaceId, memberTarget(member), change));
    return 'not-granted';
  }

  private async keep(member: Member, role: GrantedRole | null): Promise<Outcome> {
    const change = { before: { role: member.role }, ...(role === null ? {} : { after: { role } }) };
    const action = role === null ? 'member.remove' : 'member.change-role';
    const fact = doneFact(action, this.workspaceId, memberTarget(member), change);
    await this.stores.audit.append(this.by, { ...fact, outcome: 'refused', code: 'MEMBER_LAST_OWNER' });
    return 'last-owner';
  }
}
