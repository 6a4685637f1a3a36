import { SmartantError } from '@smartant/kernel';
import type { AccessTokens, TokenSubject } from './access-tokens';
import type { SessionStore } from './session-store';

/** Credentials that can be taken back: sessions and API keys. */
const REVOCABLE = /^(ses|key)_/;

/** Checks tokens, and that the session or key behind each still stands. Costs a statement a check: `VerifiedTokens` remembers the answer. */
export class StandingTokens {
  constructor(
    private readonly tokens: Pick<AccessTokens, 'verify'>,
    private readonly sessions: Pick<SessionStore, 'stands'>,
  ) {}

  /** Raises TOKEN_REVOKED, and what `AccessTokens.verify` raises. */
  async verify(token: string): Promise<TokenSubject> {
    const subject = await this.tokens.verify(token);
    const { credential } = subject;
    if (credential === null || !REVOCABLE.test(credential) || (await this.sessions.stands(credential))) return subject;
    throw new SmartantError('TOKEN_REVOKED', 'The session or API key of this access token has ended.', {
      kind: 'unauthenticated',
      hint: 'Sign in again with POST /v1/auth/token.',
    });
  }
}
