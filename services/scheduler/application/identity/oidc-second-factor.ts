import type { OidcClaims } from '../ports/oidc-client';
import type { OidcProvider } from './oidc-store';

/** Authentication methods of RFC 8176: what the user knows, and what the user has or is. */
const KNOWN: readonly unknown[] = ['pwd', 'pin', 'kba'];
const HELD: readonly unknown[] = ['otp', 'sms', 'tel', 'hwk', 'swk', 'sc', 'pop', 'face', 'fpt', 'iris', 'retina', 'vbm'];
/** Classes that mean more than one factor whoever says them: PAPE, and the phishing-resistant ones of OpenID EAP. */
const WELL_KNOWN_ACR = ['http://schemas.openid.net/pape/policies/2007/06/multi-factor', 'phr', 'phrh'];

/**
 * Whether a sign-in with a provider counts as one with a second factor: its ID token says so (`amr` names it, or two methods of different
 * kinds; `acr` is a class that means it), or an administrator vouches for the provider.
 */
export function hasSecondFactor(provider: Pick<OidcProvider, 'assumeSecondFactor' | 'secondFactorAcr'>, { amr, acr }: OidcClaims): boolean {
  if (provider.assumeSecondFactor) return true;
  if (typeof acr === 'string' && [...WELL_KNOWN_ACR, ...provider.secondFactorAcr].includes(acr)) return true;
  if (!Array.isArray(amr)) return false;
  return amr.includes('mfa') || (amr.some((method) => KNOWN.includes(method)) && amr.some((method) => HELD.includes(method)));
}
