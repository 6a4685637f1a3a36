import { chooseMembership } from './choose-membership';
import type { IdentityStore } from './identity-store';
import type { PasswordInput, PasswordProof } from './password-proof';
import type { NewSecondFactor, SecondFactorEnrolment } from './second-factor-enrolment';
import type { Sessions } from './sessions';
import type { IssuedToken } from './sign-in';

export interface EnrolAtSignInOptions {
  store: Pick<IdentityStore, 'memberships'>;
  proof: PasswordProof;
  enrolment: SecondFactorEnrolment;
  sessions: Sessions;
}

/**
 * A second factor for users who must have one to sign in, and have none: they are let in with its first code, and before that to nothing
 * at all. Each step is proved by the password, so that no token is needed which could do less than others.
 */
export class EnrolAtSignIn {
  constructor(private readonly options: EnrolAtSignInOptions) {}

  /** Raises SIGN_IN_FAILED, SIGN_IN_LOCKED and SECOND_FACTOR_IN_USE. */
  async begin(input: PasswordInput): Promise<NewSecondFactor> {
    const { user } = await this.options.proof.begin(input);
    await this.options.proof.succeeded(input);
    return this.options.enrolment.begin(user);
  }

  /**
   * Opens a session, and ends all others of the user. Raises what `begin` raises, SECOND_FACTOR_MISSING, SECOND_FACTOR_WRONG, and what
   * `chooseMembership` raises: that before the factor is confirmed, as its recovery codes are shown here alone.
   */
  async finish(input: PasswordInput & { code: string; workspace?: string }): Promise<IssuedToken & { recoveryCodes: string[] }> {
    const { store, proof, enrolment, sessions } = this.options;
    const { user, origin } = await proof.begin(input);
    const membership = chooseMembership(await store.memberships(user.id), input.workspace);
    const recoveryCodes = await enrolment.confirm({ userId: user.id, origin }, input.code, null);
    await proof.succeeded(input);
    return { ...(await sessions.open(user, membership, { method: 'password', secondFactor: true }, input)), recoveryCodes };
  }
}
