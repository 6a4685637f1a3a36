import { randomBytes } from 'node:crypto';
import { newId } from '@smartant/kernel';
import type { OidcClaims } from '../ports/oidc-client';
import type { AuditFact } from '../ports/audit';
import type { AccountStores, AccountUnitOfWork } from './account-stores';
import { oidcNameTaken, oidcNotAllowed } from './oidc-errors';
import { grantsOf, verifiedEmail } from './oidc-mapping';
import type { OidcProvider } from './oidc-store';
import { hashPassword } from './password-hash';

const LONGEST_NAME = 200;

/**
 * The user behind the claims of a provider, with the places that they earn. Users are known by issuer and subject: an address may pass to
 * somebody else. Makes the user at the first sign-in, or links one of the verified address where the provider may do that. Raises
 * OIDC_NOT_ALLOWED and OIDC_NAME_TAKEN.
 */
export async function admitOidcUser(
  unitOfWork: AccountUnitOfWork,
  provider: OidcProvider,
  claims: OidcClaims,
): Promise<{ userId: string; workspaceId: string }> {
  const grants = grantsOf(provider.mappings, claims);
  const [first] = grants;
  if (!first) {
    await takeBack(unitOfWork, provider, claims);
    throw oidcNotAllowed();
  }
  // A password that nobody knows, not none: a sign-in with this name then takes the same work as any other.
  const passwordHash = await hashPassword(randomBytes(32).toString('base64url'));
  return unitOfWork.transaction(async (stores) => {
    const userId =
      (await stores.oidc.findLink(provider.issuer, claims.sub))?.userId ?? (await newcomer(stores, provider, claims, passwordHash));
    const user = await stores.accounts.find(userId);
    if (!user || user.disabled) throw oidcNotAllowed();
    await stores.oidc.applyGrants(provider.issuer, claims.sub, userId, grants);
    return { userId, workspaceId: first.workspaceId };
  });
}

/** Of somebody who earns nothing any more: what was earned before is gone too. */
function takeBack(unitOfWork: AccountUnitOfWork, { issuer }: OidcProvider, { sub }: OidcClaims): Promise<void> {
  return unitOfWork.transaction(async ({ oidc }) => {
    const link = await oidc.findLink(issuer, sub);
    if (link) await oidc.applyGrants(issuer, sub, link.userId, []);
  });
}

async function newcomer({ oidc, audit }: AccountStores, provider: OidcProvider, claims: OidcClaims, passwordHash: string): Promise<string> {
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
  await audit.append({ userId, origin: { address: '', credential: `oidc:${provider.name}`, traceId: null } }, fact);
  return userId;
}
