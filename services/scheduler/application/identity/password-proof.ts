import { SmartantError } from '@smartant/kernel';
import type { RefusalLog } from '../audit/refusal-log';
import type { CallOrigin } from '../use-cases';
import type { IdentityStore, User } from './identity-store';
import { passwordMatches, pretendToCheckPassword } from './password-hash';
import type { Visit } from './sessions';
import { SignInThrottle } from './sign-in-throttle';

export type PasswordInput = Visit & { username: string; password: string };

export interface PasswordProofOptions {
  store: IdentityStore;
  refusals: Pick<RefusalLog, 'note'>;
}

/** Who somebody is by name and password, so that guessing is slow and nothing is learned by it. */
export class PasswordProof {
  private readonly throttle: SignInThrottle;

  constructor(private readonly options: PasswordProofOptions) {
    this.throttle = new SignInThrottle(options.store);
  }

  /**
   * Raises SIGN_IN_FAILED without saying whether the name or the password was wrong, and SIGN_IN_LOCKED after repeated failures
   * of one name from one address (the wait doubles from a second to a quarter of an hour), or from many (see `SignInThrottle`).
   * Counted as a failure until `succeeded` is called.
   */
  async begin(input: PasswordInput): Promise<{ user: User; origin: CallOrigin }> {
    const origin: CallOrigin = { address: input.address, credential: 'password', traceId: input.traceId ?? null };
    await this.throttle.begin(input.username, input.address).catch((error: unknown) => {
      throw error instanceof SmartantError ? this.refused(error, null, origin) : error;
    });
    return { user: await this.checkedUser(input, origin), origin };
  }

  succeeded({ username, address }: PasswordInput): Promise<void> {
    return this.throttle.succeeded(username, address);
  }

  private async checkedUser({ username, password }: PasswordInput, origin: CallOrigin): Promise<User> {
    const user = await this.options.store.findUserByName(username);
    if (user && !user.disabled && (await passwordMatches(user.passwordHash, password))) return user;
    if (!user || user.disabled) await pretendToCheckPassword(password);
    const refusal = new SmartantError('SIGN_IN_FAILED', 'The user name or the password is wrong.', {
      kind: 'unauthenticated',
      hint: 'Check both. After five failures the wait between attempts doubles.',
    });
    throw this.refused(refusal, user, origin);
  }

  private refused(error: SmartantError, user: User | null, origin: CallOrigin): SmartantError {
    noteRefusedSignIn(this.options.refusals, error, user, origin);
    return error;
  }
}

/** Of a name that nobody has, nothing is kept: people type their password into the field of the name. */
export function noteRefusedSignIn(
  refusals: Pick<RefusalLog, 'note'>,
  { code }: SmartantError,
  user: User | null,
  origin: CallOrigin,
): void {
  const target = user ? { kind: 'user', id: user.id, name: user.username } : { kind: 'user', id: 'unknown', name: null };
  refusals.note({ actor: { userId: user?.id ?? 'unknown', origin }, action: 'session.open', workspaceId: null, target, code });
}
