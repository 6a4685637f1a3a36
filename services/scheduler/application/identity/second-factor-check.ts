import type { Clock } from '@smartant/kernel';
import type { Vault } from '../ports/vault';
import type { AuditActor } from '../ports/audit';
import type { AccountUnitOfWork } from './account-stores';
import type { IdentityStore } from './identity-store';
import { recoveryCodeDigest } from './recovery-code';
import { secondFactorRequired, secondFactorWrong } from './second-factor-errors';
import { secondFactorContext } from './second-factor-store';
import { attemptSubject, beginAttempt } from './sign-in-throttle';
import { totpStep } from './totp';

export interface SecondFactorOptions {
  unitOfWork: AccountUnitOfWork;
  store: Pick<IdentityStore, 'beginSignIn' | 'clearSignIn' | 'findUserByName'>;
  vault: Pick<Vault, 'seal' | 'open'>;
  pepper: string;
  clock: Clock;
}

/** Asks for the second factor of users who have one, after their password was found right. */
export class SecondFactorCheck {
  constructor(private readonly options: SecondFactorOptions) {}

  /**
   * Resolves with whether one was shown: false for users without one. Raises SECOND_FACTOR_REQUIRED without a code, SECOND_FACTOR_WRONG, and SIGN_IN_LOCKED after repeated wrong
   * ones: counted by user alone, as only who knows the password comes this far.
   */
  async assert(userId: string, code: string | undefined, by: AuditActor): Promise<boolean> {
    const { unitOfWork, store } = this.options;
    const factor = await unitOfWork.direct.secondFactors.find(userId);
    if (!factor?.confirmedAt) return false;
    if (code === undefined) throw secondFactorRequired();
    const attempt = attemptSubject('second-factor', userId);
    await beginAttempt(store, attempt);
    const taken = (await this.takesTotp(userId, factor.sealedSecret, code)) || (await this.takesRecoveryCode(userId, code, by));
    if (!taken) throw secondFactorWrong();
    await store.clearSignIn(attempt);
    return true;
  }

  private async takesTotp(userId: string, sealedSecret: string, code: string): Promise<boolean> {
    // Given up with a lost key: recovery codes are left, or an administrator's reset.
    if (sealedSecret === '') return false;
    const secret = await this.options.vault.open(secondFactorContext(userId), sealedSecret);
    const step = totpStep(secret, code, this.options.clock.nowMs());
    secret.fill(0);
    return step !== null && this.options.unitOfWork.direct.secondFactors.useStep(userId, step);
  }

  private takesRecoveryCode(userId: string, code: string, by: AuditActor): Promise<boolean> {
    const digest = recoveryCodeDigest(this.options.pepper, userId, code);
    return this.options.unitOfWork.transaction(async ({ secondFactors, audit }) => {
      if (!(await secondFactors.useRecoveryCode(userId, digest))) return false;
      await audit.append(by, {
        action: 'second-factor.use-recovery-code',
        workspaceId: null,
        target: { kind: 'user', id: userId, name: null },
        before: null,
        after: { recoveryCodesLeft: (await secondFactors.find(userId))?.recoveryCodesLeft ?? 0 },
        outcome: 'done',
        code: null,
      });
      return true;
    });
  }
}
