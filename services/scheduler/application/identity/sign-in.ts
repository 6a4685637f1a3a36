import { SmartantError } from '@smartant/kernel';
import type { AccessTokens, TokenSubject } from './access-tokens';
import { apiKeyDigest, looksLikeApiKey } from './api-key-secret';
import { chooseMembership } from './choose-membership';
import type { IdentityStore, Membership, User } from './identity-store';
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

/** Exchanges what a user knows, or an API key, for an access token. */
export class SignIn {
  private readonly throttle: SignInThrottle;

  constructor(
    private readonly store: IdentityStore,
    private readonly tokens: AccessTokens,
    private readonly pepper: string,
    private readonly sessions: Sessions,
    private readonly secondFactor: SecondFactorCheck,
  ) {
    this.throttle = new SignInThrottle(store);
  }

  /**
   * Raises SIGN_IN_FAILED without saying whether the name or the password was wrong, and SIGN_IN_LOCKED after repeated failures
   * of one name from one address (the wait doubles from a second to a quarter of an hour), or from many (see `SignInThrottle`). Of users
   * with a second factor it raises SECOND_FACTOR_REQUIRED, once the password is right and `code` is absent, and SECOND_FACTOR_WRONG. The
   * workspace (id or name) is looked at last; raises what `chooseMembership` raises.
   */
  async withPassword(input: Visit & { username: string; password: string; code?: string; workspace?: string }): Promise<IssuedToken> {
    await this.throttle.begin(input.username, input.address);
    const user = await this.checkedUser(input.username, input.password);
    const origin = { address: input.address, credential: 'password', traceId: input.traceId ?? null };
    await this.secondFactor.assert(user.id, input.code, { userId: user.id, origin });
    await this.throttle.succeeded(input.username, input.address);
    const membership = chooseMembership(await this.store.memberships(user.id), input.workspace);
    return this.sessions.open(user, membership, 'password', input);
  }

  /** Raises API_KEY_INVALID for a key that is unknown, expired or revoked, and WORKSPACE_FORBIDDEN for one of another workspace. */
  async withApiKey(apiKey: string, workspace?: string): Promise<IssuedToken> {
    const found = looksLikeApiKey(apiKey) ? await this.store.useApiKey(apiKeyDigest(this.pepper, apiKey)) : null;
    const membership =
      found && (await this.store.memberships(found.user.id)).find(({ workspace }) => workspace.id === found.key.workspaceId);
    if (!found || !membership) {
      throw new SmartantError('API_KEY_INVALID', 'The API key is unknown, expired or revoked.', {
        kind: 'unauthenticated',
        hint: 'Make a new one with POST /v1/api-keys.',
      });
    }
    chooseMembership([membership], workspace);
    // A user who lost power since must not keep it through an old key.
    return this.issue(found.user, { ...membership, role: weaker(found.key.role, membership.role) }, found.key.id);
  }

  private async checkedUser(username: string, password: string): Promise<User> {
    const user = await this.store.findUserByName(username);
    if (user && !user.disabled && (await passwordMatches(user.passwordHash, password))) return user;
    if (!user || user.disabled) await pretendToCheckPassword(password);
    throw new SmartantError('SIGN_IN_FAILED', 'The user name or the password is wrong.', {
      kind: 'unauthenticated',
      hint: 'Check both. After five failures the wait between attempts doubles.',
    });
  }

  private async issue(user: User, { workspace, role }: Membership, credential: string): Promise<IssuedToken> {
    const { id: userId, username } = user;
    const subject = { userId, username, workspaceId: workspace.id, workspaceName: workspace.name, role, credential };
    return { accessToken: await this.tokens.issue(subject), expiresInSeconds: this.tokens.lifeSeconds, subject, session: null };
  }
}

export function weaker(one: Role, other: Role): Role {
  return ROLES_BY_POWER.indexOf(one) < ROLES_BY_POWER.indexOf(other) ? one : other;
}
