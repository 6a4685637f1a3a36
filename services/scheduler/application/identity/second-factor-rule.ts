import type { SmartantError } from '@smartant/kernel';
import { oidcSecondFactorMissing, secondFactorEnrolmentRequired } from './second-factor-errors';

/** How somebody signed in: `password`, `invitation`, or `oidc:<provider>`, and whether a second factor was shown with it. */
export interface SignInProof {
  method: string;
  secondFactor: boolean;
}

/**
 * Whom a second factor is compulsory for: everybody, or who signs in to a workspace whose owners want one. It holds for sessions, and so
 * for people; API keys open none.
 */
export class SecondFactorRule {
  constructor(readonly isRequiredByPlatform: boolean) {}

  /** The refusal of a session in this workspace; null: it may be. */
  refusal({ secondFactorRequired }: { secondFactorRequired: boolean }, { method, secondFactor }: SignInProof): SmartantError | null {
    if (secondFactor || !this.isRequired(secondFactorRequired)) return null;
    return method.startsWith('oidc:') ? oidcSecondFactorMissing() : secondFactorEnrolmentRequired();
  }

  isRequired(byWorkspace: boolean): boolean {
    return this.isRequiredByPlatform || byWorkspace;
  }
}
