import { SmartantError } from '@smartant/kernel';
import { doneFact } from '../audit/facts';
import type { RefusalLog } from '../audit/refusal-log';
import type { CallOrigin } from '../use-cases';
import type { AccessTokens, TokenSubject } from './access-tokens';
import { apiKeyDigest, looksLikeApiKey } from './api-key-secret';
import { chooseMembership } from './choose-membership';
import type { ApiKey, IdentityStore, Membership, User } from './identity-store';
import { passwordMatches, pretendToCheckPassword } from './password-hash';
import { ROLES_BY_POWER, type Role } from './permissions';
import type { SecondFactorCheck } from './second-factor-check';
import type { IssuedSession, Sessions, Visit } from './sessions';
import { SignInThrottle } from './sign-in-throttle';

export interface IssuedToken {
  accessToken: string;
  expiresInSeconds: number;
  subject: TokenSubject;
  /** Null for an API key, which can be exchanged again at any time. */
  session: IssuedSession | null;
}

export interface SignInOptions {
  store: IdentityStore;
  tokens: AccessTokens;
  /** Secret that API keys are hashed with. */
  pepper: string;
  sessions: Sessions;
  secondFactor: SecondFactorCheck;
  refusals: Pick<RefusalLog, 'note'>;
}

/** Exchanges what a user knows, or an API key, for an access token. */
export class SignIn {
  private readonly throttle: SignInThrottle;

  constructor(private readonly options: SignInOptions) {
    this.throttle = new SignInThrottle(options.store);
  }

  /**
   * Raises SIGN_IN_FAILED without saying whether the name or the password was wrong, and SIGN_IN_LOCKED after repeated failures
   * of one name from one address (the wait doubles from a second to a quarter of an hour), or from many (see `SignInThrottle`). Of users
   * with a second factor it raises SECOND_FACTOR_REQUIRED, once the password is right and `code` is absent, and SECOND_FACTOR_WRONG. The
   * workspace (id or name) is looked at last; raises what `chooseMembership` raises.
   */
  async withPassword(input: Visit & { username: string; password: string; code?: string; workspace?: string }): Promise<IssuedToken> {
    const { store, sessions, secondFactor } = this.options;
    const origin: CallOrigin = { address: input.address, credential: 'password', traceId: input.traceId ?? null };
    await this.throttle.begin(input.username, input.address).catch((error: unknown) => {
      throw error instanceof SmartantError ? this.refused(error, null, origin) : error;
    });
    const user = await this.checkedUser(input.username, input.password, origin);
    await secondFactor.assert(user.id, input.code, { userId: user.id, origin });
    await this.throttle.succeeded(input.username, input.address);
    return sessions.open(user, chooseMembership(await store.memberships(user.id), input.workspace), 'password', input);
  }

  /** Raises API_KEY_INVALID for a key that is unknown, expired or revoked, and WORKSPACE_FORBIDDEN for one of another workspace. */
  async withApiKey(apiKey: string, from: Visit & { workspace?: string } = { address: '' }): Promise<IssuedToken> {
    const found = looksLikeApiKey(apiKey) ? await this.options.store.useApiKey(apiKeyDigest(this.options.pepper, apiKey)) : null;
    const membership =
      found && (await this.options.store.memberships(found.user.id)).find(({ workspace }) => workspace.id === found.key.workspaceId);
    if (!found || !membership) {
      const refusal = new SmartantError('API_KEY_INVALID', 'The API key is unknown, expired or revoked.', {
        kind: 'unauthenticated',
        hint: 'Make a new one with POST /v1/api-keys.',
      });
      throw this.refused(refusal, null, { address: from.address, credential: null, traceId: from.traceId ?? null });
    }
    chooseMembership([membership], from.workspace);
    await this.noteKeyUse(found, from);
    // A user who lost power since must not keep it through an old key.
    return this.issue(found.user, { ...membership, role: weaker(found.key.role, membership.role) }, found.key.id);
  }

  /** A key is exchanged each quarter of an hour: the trail tells of the first time in a day from each address. */
  private async noteKeyUse({ key, user }: { key: ApiKey; user: User }, from: Visit): Promise<void> {
    const origin: CallOrigin = { address: from.address, credential: key.id, traceId: from.traceId ?? null };
    await this.options.store.transaction(async (store, audit) => {
      if (!(await store.isFirstUseToday(key.id, from.address))) return;
      const target = { kind: 'api-key', id: key.id, name: key.name };
      await audit.append({ userId: user.id, origin }, doneFact('api-key.use', key.workspaceId, target, null, null));
    });
  }

  /** Of a name that nobody has, nothing is kept: people type their password into the field of the name. */
  private refused(error: SmartantError, user: User | null, origin: CallOrigin): SmartantError {
    const target = user ? userTarget(user) : { kind: 'user', id: 'unknown', name: null };
    const actor = { userId: user?.id ?? 'unknown', origin };
    this.options.refusals.note({ actor, action: 'session.open', workspaceId: null, target, code: error.code });
    return error;
  }

  private async checkedUser(username: string, password: string, origin: CallOrigin): Promise<User> {
    const user = await this.options.store.findUserByName(username);
    if (user && !user.disabled && (await passwordMatches(user.passwordHash, password))) return user;
    if (!user || user.disabled) await pretendToCheckPassword(password);
    const refusal = new SmartantError('SIGN_IN_FAILED', 'The user name or the password is wrong.', {
      kind: 'unauthenticated',
      hint: 'Check both. After five failures the wait between attempts doubles.',
    });
    throw this.refused(refusal, user, origin);
  }

  private async issue(user: User, { workspace, role }: Membership, credential: string): Promise<IssuedToken> {
    const { id: userId, username } = user;
    const subject = { userId, username, workspaceId: workspace.id, workspaceName: workspace.name, role, credential };
    return {
      accessToken: await this.options.tokens.issue(subject),
      expiresInSeconds: this.options.tokens.lifeSeconds,
      subject,
      session: null,
    };
  }
}

export function weaker(one: Role, other: Role): Role {
  return ROLES_BY_POWER.indexOf(one) < ROLES_BY_POWER.indexOf(other) ? one : other;
}

function userTarget({ id, username }: User) {
  return { kind: 'user', id, name: username };
}
