import type { Role } from './permissions';
import { ROLES_BY_POWER } from './permissions';

/** Never `admin`: that is no role of a workspace, and a provider must not hand out the whole platform. */
export type GrantedRole = Exclude<Role, 'admin'>;

/** Who gets which place. A domain is matched against a verified address only. */
export interface OidcMapping {
  emailDomain?: string;
  claim?: string;
  /** Of `claim`: equal to it, or one of it where it is a list. */
  value?: string;
  workspaceId: string;
  role: GrantedRole;
}

export interface OidcGrant {
  workspaceId: string;
  role: GrantedRole;
}

/** The address of the claims, in small letters; null where the provider has not verified it. */
export function verifiedEmail(claims: Record<string, unknown>): string | null {
  const { email, email_verified: verified } = claims;
  return typeof email === 'string' && verified === true && /^[^@\s]+@[^@\s]+$/.test(email) ? email.toLowerCase() : null;
}

/** The places that the claims earn, each with the most powerful of its roles, in the order of the mappings. None: not allowed in. */
export function grantsOf(mappings: OidcMapping[], claims: Record<string, unknown>): OidcGrant[] {
  const roles = new Map<string, GrantedRole>();
  for (const mapping of mappings) {
    if (!matches(mapping, claims)) continue;
    const known = roles.get(mapping.workspaceId);
    if (known === undefined || power(mapping.role) > power(known)) roles.set(mapping.workspaceId, mapping.role);
  }
  return [...roles].map(([workspaceId, role]) => ({ workspaceId, role }));
}

function matches({ emailDomain, claim, value }: OidcMapping, claims: Record<string, unknown>): boolean {
  if (emailDomain !== undefined) return verifiedEmail(claims)?.split('@')[1] === emailDomain.toLowerCase();
  if (claim === undefined || value === undefined || !Object.hasOwn(claims, claim)) return false;
  const found = claims[claim];
  return Array.isArray(found) ? found.includes(value) : found === value;
}

const power = (role: GrantedRole) => ROLES_BY_POWER.indexOf(role);
