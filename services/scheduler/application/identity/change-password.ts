import { SmartantError } from '@smartant/kernel';
import type { Caller } from '../use-cases';
import type { AccountUnitOfWork } from './account-stores';
import type { IdentityStore } from './identity-store';
import { hashPassword, passwordMatches } from './password-hash';
import { assertPasswordStrong } from './password-policy';
import { requireSession } from './require-session';
import { sessionEnded } from './session-errors';
import { attemptSubject, beginAttempt } from './sign-in-throttle';

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

/** Lets users change their own passwords. */
export class ChangePassword {
  constructor(
    private readonly unitOfWork: AccountUnitOfWork,
    private readonly store: Pick<IdentityStore, 'beginSignIn' | 'clearSignIn'>,
  ) {}

  /**
   * Ends all other sessions of the user: whoever holds the old password may have opened them. API keys stay. Raises SESSION_NEEDED,
   * PASSWORD_WRONG, PASSWORD_WEAK, and SIGN_IN_LOCKED after repeated wrong ones.
   */
  async change(caller: Caller, { currentPassword, newPassword }: PasswordChange): Promise<void> {
    const sessionId = requireSession(caller);
    const user = await this.unitOfWork.direct.accounts.find(caller.userId);
    if (!user) throw sessionEnded();
    // By user alone: who comes this far is signed in, so nobody else can use up the attempts.
    const attempt = attemptSubject('change-password', user.id);
    await beginAttempt(this.store, attempt);
    if (!(await passwordMatches(user.passwordHash, currentPassword))) throw passwordWrong();
    await this.store.clearSignIn(attempt);
    await assertPasswordStrong(newPassword, [user.username]);
    const passwordHash = await hashPassword(newPassword);
    await this.unitOfWork.transaction(async ({ accounts, sessions, audit }) => {
      await accounts.setPasswordHash(user.id, passwordHash);
      const ended = await sessions.endAll(user.id, sessionId, 'password-changed');
      await audit.append(caller, {
        action: 'user.change-password',
        workspaceId: null,
        target: { kind: 'user', id: user.id, name: user.username },
        before: null,
        after: { endedSessions: ended.length },
        outcome: 'done',
        code: null,
      });
    });
  }
}

/** Not `unauthenticated`: the token is good, and a client must not answer by signing in again. */
export function passwordWrong(): SmartantError {
  return new SmartantError('PASSWORD_WRONG', 'The current password is wrong.', {
    kind: 'forbidden',
    hint: 'Write the password that you signed in with.',
  });
}
