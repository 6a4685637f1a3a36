import { newId } from '@smartant/kernel';
import type { OidcClaims } from '../ports/oidc-client';
import type { AuditActor, AuditFact } from '../ports/audit';
import type { AccountStores, AccountUnitOfWork } from './account-stores';
import { applyGrants } from './apply-grants';
import { oidcNameTaken, oidcNotAllowed } from './oidc-errors';
import { grantsOf, verifiedEmail } from './oidc-mapping';
import type { OidcProvider } from './oidc-store';
import { hashOfNoPassword } from './password-hash';
import type { Visit } from './sessions';

const LONGEST_NAME = 200;

/** A workspace whose last owner a provider would have lowered or taken away. */
export interface KeptOwner {
  workspaceId: string;
  userId: string;
  /** By name. */
  provider: string;
}

export interface AdmitOidcOptions {
  unitOfWork: AccountUnitOfWork;
  onLastOwnerKept: (kept: KeptOwner) => void;
}

/**
 * The user behind the claims of a provider, with the places that they earn. Users are known by issuer and subject: an address may pass to
 * somebody else. Makes the user at the first sign-in, or links one of the verified address where the provider may do that. Raises
 * OIDC_NOT_ALLOWED and OIDC_NAME_TAKEN.
 */
export async function admitOidcUser(
  options: AdmitOidcOptions,
  provider: OidcProvider,
  claims: OidcClaims,
  visit: Visit,
): Promise<{ userId: string; workspaceId: string }> {
  const grants = grantsOf(provider.mappings, claims);
  const [first] = grants;
  if (!first) {
    await takeBack(options, provider, claims, visit);
    throw oidcNotAllowed();
  }
  const passwordHash = await hashOfNoPassword();
  const { userId, kept } = await options.unitOfWork.transaction(async (stores) => {
    const known = await stores.oidc.findLink(provider.issuer, claims.sub);
    const userId = known?.userId ?? (await newcomer(stores, provider, claims, { passwordHash, visit }));
    const user = await stores.accounts.find(userId);
    if (!user || user.disabled) throw oidcNotAllowed();
    const person = { issuer: provider.issuer, subject: claims.sub, userId };
    return { userId, kept: await applyGrants(stores, actor(userId, provider, visit), person, grants) };
  });
  tellKept(options, provider, userId, kept);
  return { userId, workspaceId: first.workspaceId };
}

/** Of somebody who earns nothing any more: what was earned before is gone too. */
async function takeBack(options: AdmitOidcOptions, provider: OidcProvider, { sub }: OidcClaims, visit: Visit): Promise<void> {
  const { issuer } = provider;
  const taken = await options.unitOfWork.transaction(async (stores) => {
    const userId = (await stores.oidc.findLink(issuer, sub))?.userId;
    if (userId === undefined) return null;
    return { userId, kept: await applyGrants(stores, actor(userId, provider, visit), { issuer, subject: sub, userId }, []) };
  });
  if (taken) tellKept(options, provider, taken.userId, taken.kept);
}

/** After the commit: a transaction may run twice. */
function tellKept({ onLastOwnerKept }: AdmitOidcOptions, { name }: OidcProvider, userId: string, workspaceIds: string[]): void {
  for (const workspaceId of workspaceIds) onLastOwnerKept({ workspaceId, userId, provider: name });
}

/** Nobody of us gave the place: the user did it by signing in with the provider, which the trail names as what they came with. */
function actor(userId: string, { name }: OidcProvider, { address, traceId }: Visit): AuditActor {
  return { userId, origin: { address, credential: `oidc:${name}`, traceId: traceId ?? null } };
}

async function newcomer(
  { oidc, audit }: AccountStores,
  provider: OidcProvider,
  claims: OidcClaims,
  { passwordHash, visit }: { passwordHash: string; visit: Visit },
): Promise<string> {
  const email = verifiedEmail(claims);
  const username = (email ?? `${provider.name}:${claims.sub}`).slice(0, LONGEST_NAME);
  const known = email !== null && provider.linkVerifiedEmail ? await oidc.userIdByName(email) : null;
  const userId = known ?? newId('usr');
  if (known === null && !(await oidc.createUser({ id: userId, username, passwordHash }))) throw oidcNameTaken();
  await oidc.link(provider.issuer, claims.sub, userId);
  const fact: AuditFact = {
    action: known === null ? 'user.create' : 'user.link',
    workspaceId: null,
    target: { kind: 'user', id: userId, name: username },
    before: null,
    after: { issuer: provider.issuer, subject: claims.sub },
    outcome: 'done',
    code: null,
  };
  await audit.append(actor(userId, provider, visit), fact);
  return userId;
}
