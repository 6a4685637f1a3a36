import type { AuditFact } from '../ports/audit';
import type { Caller } from '../use-cases';
import { SmartantError } from '@smartant/kernel';
import type { AccountStores } from './account-stores';
import { passwordWrong } from './change-password';
import type { User } from './identity-store';
import { passwordMatches } from './password-hash';
import { newRecoveryCode, RECOVERY_CODES, recoveryCodeDigest } from './recovery-code';
import { requireSession } from './require-session';
import type { SecondFactorCheck, SecondFactorOptions } from './second-factor-check';
import { secondFactorInUse, secondFactorMissing, secondFactorWrong } from './second-factor-errors';
import { secondFactorContext } from './second-factor-store';
import { sessionEnded } from './session-errors';
import { attemptSubject, beginAttempt } from './sign-in-throttle';
import { newTotpSecret, totpEnrolment, totpStep } from './totp';

export interface SecondFactorStatus {
  enrolled: boolean;
  /** Null where none is enrolled. */
  confirmedAt: string | null;
  recoveryCodesLeft: number;
}

/** The second factors of users: one-time codes of an authenticator app. */
export class SecondFactor {
  constructor(
    private readonly options: SecondFactorOptions,
    private readonly check: SecondFactorCheck,
  ) {}

  async status(caller: Caller): Promise<SecondFactorStatus> {
    const factor = await this.options.unitOfWork.direct.secondFactors.find(caller.userId);
    const confirmedAt = factor?.confirmedAt ?? null;
    return { enrolled: confirmedAt !== null, confirmedAt, recoveryCodesLeft: confirmedAt === null ? 0 : (factor?.recoveryCodesLeft ?? 0) };
  }

  /**
   * A secret for the app, shown here alone; it is asked for once `confirm` has seen a code of it. The password is asked for, so that who
   * finds an open session can't lock its user out. Raises SESSION_NEEDED, PASSWORD_WRONG and SECOND_FACTOR_IN_USE.
   */
  async enrol(caller: Caller, password: string): Promise<{ uri: string; secret: string }> {
    const { user } = await this.proven(caller, password);
    const secret = newTotpSecret();
    const sealed = await this.options.vault.seal(secondFactorContext(user.id), secret);
    if (!(await this.options.unitOfWork.direct.secondFactors.begin(user.id, sealed))) throw secondFactorInUse();
    return totpEnrolment(secret, user.username);
  }

  /**
   * From now on the factor is asked for. Ends the other sessions, which were opened without it. The recovery codes are shown here alone.
   * Raises SECOND_FACTOR_MISSING, SECOND_FACTOR_IN_USE and SECOND_FACTOR_WRONG.
   */
  async confirm(caller: Caller, code: string): Promise<string[]> {
    const sessionId = requireSession(caller);
    const { unitOfWork, vault, pepper, clock } = this.options;
    const factor = await unitOfWork.direct.secondFactors.find(caller.userId);
    if (!factor) throw secondFactorMissing();
    if (factor.confirmedAt !== null) throw secondFactorInUse();
    const step = totpStep(await vault.open(secondFactorContext(caller.userId), factor.sealedSecret), code, clock.nowMs());
    if (step === null) throw asRefusal(secondFactorWrong());
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    const digests = codes.map((each) => recoveryCodeDigest(pepper, caller.userId, each));
    await unitOfWork.transaction(async (stores) => {
      if (!(await stores.secondFactors.confirm(caller.userId, factor.sealedSecret, step, digests))) throw secondFactorMissing();
      await changed(stores, caller, 'second-factor.enrol', { id: caller.userId, exceptSession: sessionId });
    });
    return codes;
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
      await changed(stores, caller, 'second-factor.remove', { id: user.id, exceptSession: sessionId });
    });
  }

  /** For an administrator whose user has lost the phone and the recovery codes. Ends all sessions of the user. Raises SECOND_FACTOR_MISSING. */
  async reset(caller: Caller, userIdOrName: string): Promise<void> {
    const { unitOfWork, store } = this.options;
    const user = (await unitOfWork.direct.accounts.find(userIdOrName)) ?? (await store.findUserByName(userIdOrName));
    if (!user) throw secondFactorMissing();
    await unitOfWork.transaction(async (stores) => {
      if (!(await stores.secondFactors.remove(user.id))) throw secondFactorMissing();
      await changed(stores, caller, 'second-factor.reset', { id: user.id, exceptSession: null });
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

async function changed(
  { sessions, audit }: AccountStores,
  caller: Caller,
  action: string,
  user: { id: string; exceptSession: string | null },
): Promise<void> {
  const ended = await sessions.endAll(user.id, user.exceptSession, 'second-factor-changed');
  const fact: AuditFact = {
    action,
    workspaceId: null,
    target: { kind: 'user', id: user.id, name: null },
    before: { secondFactor: action !== 'second-factor.enrol' },
    after: { secondFactor: action === 'second-factor.enrol', endedSessions: ended.length },
    outcome: 'done',
    code: null,
  };
  await audit.append(caller, fact);
}

/** Behind a good token a wrong code is no reason to sign in again. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof SmartantError) || error.kind !== 'unauthenticated') return error;
  return new SmartantError(error.code, error.message, { kind: 'forbidden', hint: error.hint, fields: error.fields });
}
