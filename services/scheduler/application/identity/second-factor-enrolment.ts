import type { AuditActor, AuditFact } from '../ports/audit';
import type { AccountStores } from './account-stores';
import type { User } from './identity-store';
import { newRecoveryCode, RECOVERY_CODES, recoveryCodeDigest } from './recovery-code';
import type { SecondFactorOptions } from './second-factor-check';
import { secondFactorInUse, secondFactorMissing, secondFactorWrong } from './second-factor-errors';
import { secondFactorContext } from './second-factor-store';
import { newTotpSecret, totpEnrolment, totpStep } from './totp';

/** A secret for the authenticator app. */
export interface NewSecondFactor {
  /** As a link or a QR code. It holds the secret. */
  uri: string;
  secret: string;
}

/** Gives users a second factor, in two steps. Who they are has been proved before. */
export class SecondFactorEnrolment {
  constructor(private readonly options: SecondFactorOptions) {}

  /** The secret is shown here alone, and is asked for once `confirm` has seen a code of it. Raises SECOND_FACTOR_IN_USE. */
  async begin({ id, username }: Pick<User, 'id' | 'username'>): Promise<NewSecondFactor> {
    const { vault, unitOfWork } = this.options;
    const secret = newTotpSecret();
    const sealed = await vault.seal(secondFactorContext(id), secret);
    if (!(await unitOfWork.direct.secondFactors.begin(id, sealed))) throw secondFactorInUse();
    return totpEnrolment(secret, username);
  }

  /**
   * From now on the factor is asked for. Ends the sessions of the user, which were opened without it, but for the one where it was shown.
   * Resolves with the recovery codes. Raises SECOND_FACTOR_MISSING, SECOND_FACTOR_IN_USE and SECOND_FACTOR_WRONG.
   */
  async confirm(by: AuditActor, code: string, sessionId: string | null): Promise<string[]> {
    const { unitOfWork, vault, pepper, clock } = this.options;
    const { userId } = by;
    const factor = await unitOfWork.direct.secondFactors.find(userId);
    if (!factor) throw secondFactorMissing();
    if (factor.confirmedAt !== null) throw secondFactorInUse();
    const step = totpStep(await vault.open(secondFactorContext(userId), factor.sealedSecret), code, clock.nowMs());
    if (step === null) throw secondFactorWrong();
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    const digests = codes.map((each) => recoveryCodeDigest(pepper, userId, each));
    await unitOfWork.transaction(async (stores) => {
      if (!(await stores.secondFactors.confirm(userId, factor.sealedSecret, step, digests))) throw secondFactorMissing();
      await factorChanged(stores, by, 'second-factor.enrol', { id: userId, exceptSession: sessionId });
    });
    return codes;
  }
}

/** Ends the user's sessions but for one, which has shown the factor when one is enrolled, and has none when it is gone. */
export async function factorChanged(
  { sessions, audit }: AccountStores,
  by: AuditActor,
  action: 'second-factor.enrol' | 'second-factor.remove' | 'second-factor.reset',
  user: { id: string; exceptSession: string | null },
): Promise<void> {
  const isEnrolled = action === 'second-factor.enrol';
  const ended = await sessions.endAll(user.id, user.exceptSession, 'second-factor-changed');
  if (user.exceptSession !== null) await sessions.setSecondFactor(user.exceptSession, isEnrolled);
  const fact: AuditFact = {
    action,
    workspaceId: null,
    target: { kind: 'user', id: user.id, name: null },
    before: { secondFactor: !isEnrolled },
    after: { secondFactor: isEnrolled, endedSessions: ended.length },
    outcome: 'done',
    code: null,
  };
  await audit.append(by, fact);
}
