import { createHash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { AccessTokens, TokenSubject } from './access-tokens';
import { apiKeyDigest, looksLikeApiKey } from './api-key-secret';
import { chooseMembership } from './choose-membership';
import type { IdentityStore, Membership, User } from './identity-store';
import { passwordMatches, pretendToCheckPassword } from './password-hash';
import { ROLES_BY_POWER, type Role } from './permissions';

export interface IssuedToken {
  accessToken: string;
  expiresInSeconds: number;
  subject: TokenSubject;
}

/** Exchanges what a user knows, or an API key, for an access token. */
export class SignIn {
  constructor(
    private readonly store: IdentityStore,
    private readonly tokens: AccessTokens,
    private readonly pepper: string,
  ) {}

  /**
   * Raises SIGN_IN_FAILED without saying whether the name or the password was wrong, and SIGN_IN_LOCKED after repeated failures
   * of one name from one address: the wait doubles from a second to a quarter of an hour. The workspace (id or name) is looked at last;
   * raises what `chooseMembership` raises.
   */
  async withPassword(input: { username: string; password: string; address: string; workspace?: string }): Promise<IssuedToken> {
    const subject = attemptSubject(input.username, input.address);
    const waitMs = await this.store.beginSignIn(subject);
    if (waitMs > 0) throw locked(waitMs);
    const user = await this.checkedUser(input.username, input.password);
    await this.store.clearSignIn(subject);
    return this.issue(user, chooseMembership(await this.store.memberships(user.id), input.workspace), 'password');
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
    return { accessToken: await this.tokens.issue(subject), expiresInSeconds: this.tokens.lifeSeconds, subject };
  }
}

export function weaker(one: Role, other: Role): Role {
  return ROLES_BY_POWER.indexOf(one) < ROLES_BY_POWER.indexOf(other) ? one : other;
}

/** Hashed: people type their password into the field of the name, and the table must not keep it. */
function attemptSubject(username: string, address: string): string {
  return createHash('sha256').update(`${username.toLowerCase()}\u0000${address}`).digest('hex');
}

function locked(waitMs: number): SmartantError {
  return new SmartantError('SIGN_IN_LOCKED', 'Too many failed sign-ins.', {
    kind: 'too-many',
    retry: { kind: 'after', delayMs: waitMs },
    hint: `Try again in ${Math.ceil(waitMs / 1_000)} s.`,
  });
}
