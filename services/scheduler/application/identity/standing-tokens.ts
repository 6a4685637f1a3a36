import { SmartantError } from '@smartant/kernel';
import type { AccessTokens, TokenSubject } from './access-tokens';
import type { SessionStore } from './session-store';

/** Credentials that can be taken back: sessions and API keys. */
const REVOCABLE = /^(ses|key)_/;
/** The check stands before admission: behind a database that hangs, requests must not pile up here. */
const PATIENCE_MS = 3_000;

/** Checks tokens, and that the session or key behind each still stands. Costs a statement a check: `VerifiedTokens` remembers the answer. */
export class StandingTokens {
  constructor(
    private readonly tokens: Pick<AccessTokens, 'verify'>,
    private readonly sessions: Pick<SessionStore, 'stands'>,
  ) {}

  /** Raises TOKEN_REVOKED, TOKEN_UNCHECKED when the database does not answer in time, and what `AccessTokens.verify` raises. */
  async verify(token: string): Promise<TokenSubject> {
    const subject = await this.tokens.verify(token);
    const { credential } = subject;
    if (credential === null || !REVOCABLE.test(credential) || (await inTime(this.sessions.stands(credential)))) return subject;
    throw new SmartantError('TOKEN_REVOKED', 'The session or API key of this access token has ended.', {
      kind: 'unauthenticated',
      hint: 'Sign in again with POST /v1/auth/token.',
    });
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unchecked()), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function unchecked(): SmartantError {
  return new SmartantError('TOKEN_UNCHECKED', 'Whether the access token still holds could not be found out in time.', {
    kind: 'unavailable',
    hint: 'Try again in a few seconds.',
  });
}
