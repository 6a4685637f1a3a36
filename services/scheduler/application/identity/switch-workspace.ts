import { SmartantError } from '@smartant/kernel';
import { tokenExpired, type AccessTokens, type TokenSubject } from './access-tokens';
import { chooseMembership } from './choose-membership';
import type { IdentityStore } from './identity-store';
import type { IssuedSession, Sessions, Visit } from './sessions';
import type { IssuedToken } from './sign-in';

/** The session is the one that there was, and so is its refresh token, which only the client knows. */
export type SwitchedToken = Omit<IssuedToken, 'session'> & { session: Pick<IssuedSession, 'id' | 'idleUntil'> | null };

/** Gives a signed-in user a token for another workspace of theirs. */
export class SwitchWorkspace {
  constructor(
    private readonly store: Pick<IdentityStore, 'memberships'>,
    private readonly tokens: AccessTokens,
    private readonly sessions: Sessions,
  ) {}

  /**
   * The session goes along: what it is refreshed to is for the new workspace, too. The new token ends when the old one does: else a stolen
   * one could be kept alive for ever by switching to and fro. Raises TOKEN_EXPIRED, SESSION_ENDED, WORKSPACE_FORBIDDEN, and
   * WORKSPACE_SWITCH_FORBIDDEN for a token that was had with an API key.
   */
  async to(subject: TokenSubject, wanted: string, visit: Visit): Promise<SwitchedToken> {
    if (subject.credential === null || subject.credential.startsWith('key_')) throw switchForbidden();
    const { workspace, role } = chooseMembership(await this.store.memberships(subject.userId), wanted);
    const expiresInSeconds = this.tokens.secondsLeft(subject);
    // Let in by the tolerance for clocks that differ, which must not add up.
    if (expiresInSeconds === 0) throw tokenExpired();
    const session = await this.sessions.move(subject, workspace.id, visit);
    const next = { ...subject, workspaceId: workspace.id, workspaceName: workspace.name, role };
    return { accessToken: await this.tokens.issue(next, expiresInSeconds), expiresInSeconds, subject: next, session };
  }
}

/** Whoever gave a key to a program gave it for one workspace. */
function switchForbidden(): SmartantError {
  return new SmartantError('WORKSPACE_SWITCH_FORBIDDEN', 'An API key is for one workspace, and so is each token that it gets.', {
    kind: 'forbidden',
    hint: 'Sign in with a password and name the workspace, or use an API key of the other workspace.',
  });
}
