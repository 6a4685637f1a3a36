import type { Caller } from '../use-cases';
import { SmartantError } from '@smartant/kernel';
import { passwordWrong } from './change-password';
import type { User } from './identity-store';
import { passwordMatches } from './password-hash';
import { requireSession } from './require-session';
import type { SecondFactorCheck, SecondFactorOptions } from './second-factor-check';
import { factorChanged, type NewSecondFactor, type SecondFactorEnrolment } from './second-factor-enrolment';
import { secondFactorMissing } from './second-factor-errors';
import type { SecondFactorRule } from './second-factor-rule';
import { sessionEnded } from './session-errors';
import { attemptSubject, beginAttempt } from './sign-in-throttle';

export interface SecondFactorStatus {
  enrolled: boolean;
  /** Null where none is enrolled. */
  confirmedAt: string | null;
  recoveryCodesLeft: number;
  /** Whether it is compulsory in the caller's workspace. */
  required: boolean;
}

/** The second factors of users: one-time codes of an authenticator app. */
export class SecondFactor {
  constructor(
    private readonly options: SecondFactorOptions & { enrolment: SecondFactorEnrolment; rule: SecondFactorRule },
    private readonly check: SecondFactorCheck,
  ) {}

  /** Raises SESSION_NEEDED. */
  async status(caller: Caller): Promise<SecondFactorStatus> {
    requireSession(caller);
    const { secondFactors, workspaces } = this.options.unitOfWork.direct;
    const factor = await secondFactors.find(caller.userId);
    const confirmedAt = factor?.confirmedAt ?? null;
    const required = this.options.rule.isRequired((await workspaces.find(caller.workspaceId))?.secondFactorRequired ?? false);
    const recoveryCodesLeft = confirmedAt === null ? 0 : (factor?.recoveryCodesLeft ?? 0);
    return { enrolled: confirmedAt !== null, confirmedAt, recoveryCodesLeft, required };
  }

  /**
   * A secret for the app, shown here alone; it is asked for once `confirm` has seen a code of it. The password is asked for, so that who
   * finds an open session can't lock its user out. Raises SESSION_NEEDED, PASSWORD_WRONG and SECOND_FACTOR_IN_USE.
   */
  async enrol(caller: Caller, password: string): Promise<NewSecondFactor> {
    const { user } = await this.proven(caller, password);
    return this.options.enrolment.begin(user);
  }

  /**
   * From now on the factor is asked for. Ends the other sessions, which were opened without it. The recovery codes are shown here alone.
   * Raises SECOND_FACTOR_MISSING, SECOND_FACTOR_IN_USE and SECOND_FACTOR_WRONG.
   */
  async confirm(caller: Caller, code: string): Promise<string[]> {
    const sessionId = requireSession(caller);
    return this.options.enrolment.confirm(caller, code, sessionId).catch((error: unknown) => {
      throw asRefusal(error);
    });
  }

  /** Needs both factors. Ends the other sessions. Raises PASSWORD_WRONG, SECOND_FACTOR_WRONG and SECOND_FACTOR_MISSING. */
  async remove(caller: Caller, password: string, code: string): Promise<void> {
    const { user, sessionId } = await this.proven(caller, password);
    if (!(await this.status(caller)).enrolled) throw secondFactorMissing();
    await this.check.assert(user.id, code, caller).catch((error: unknown) => {
      throw asRefusal(error);
    });
    await this.options.unitOfWork.transaction(async (stores) => {
      await stores.secondFactors.remove(user.id);
      await factorChanged(stores, caller, 'second-factor.remove', { id: user.id, exceptSession: sessionId });
    });
  }

  /** For an administrator whose user has lost the phone and the recovery codes. Ends all sessions of the user. Raises SECOND_FACTOR_MISSING. */
  async reset(caller: Caller, userIdOrName: string): Promise<void> {
    const { unitOfWork, store } = this.options;
    const user = (await unitOfWork.direct.accounts.find(userIdOrName)) ?? (await store.findUserByName(userIdOrName));
    if (!user) throw secondFactorMissing();
    await unitOfWork.transaction(async (stores) => {
      if (!(await stores.secondFactors.remove(user.id))) throw secondFactorMissing();
      await factorChanged(stores, caller, 'second-factor.reset', { id: user.id, exceptSession: null });
    });
  }

  /**
   * For whoever runs the platform, when no administrator is left who could: removes the second factor of a user, by name, that was enrolled
   * before a time (ISO 8601). So it does so once, however many replicas start with it. Resolves with whether there was one.
   */
  async resetAtStart(username: string, enrolledBefore: string): Promise<boolean> {
    const user = await this.options.store.findUserByName(username);
    if (!user) return false;
    return this.options.unitOfWork.transaction(async (stores) => {
      if (!(await stores.secondFactors.remove(user.id, enrolledBefore))) return false;
      await factorChanged(stores, { userId: 'system' }, 'second-factor.reset', { id: user.id, exceptSession: null });
      return true;
    });
  }

  private async proven(caller: Caller, password: string): Promise<{ user: User; sessionId: string }> {
    const sessionId = requireSession(caller);
    const { unitOfWork, store } = this.options;
    const user = await unitOfWork.direct.accounts.find(caller.userId);
    if (!user) throw sessionEnded();
    // Shared with the change of the password, or it would give a guesser twice the attempts.
    const attempt = attemptSubject('change-password', user.id);
    await beginAttempt(store, attempt);
    if (!(await passwordMatches(user.passwordHash, password))) throw passwordWrong();
    await store.clearSignIn(attempt);
    return { user, sessionId };
  }
}

/** Behind a good token a wrong code is no reason to sign in again. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof SmartantError) || error.kind !== 'unauthenticated') return error;
  return new SmartantError(error.code, error.message, { kind: 'forbidden', hint: error.hint, fields: error.fields });
}
