import { SmartantError } from '@smartant/kernel';
import { z } from 'zod';
import type { Schema } from '@smartant/contracts/openapi';

/** Refusals of a refresh token that a sign-in gets over. */
const SIGN_IN_AGAIN = ['SESSION_ENDED', 'REFRESH_TOKEN_REUSED', 'SECOND_FACTOR_ENROLMENT_REQUIRED', 'OIDC_SECOND_FACTOR_MISSING'];
/** So long before its end a token is not begun with any more. */
const MARGIN_MS = 60_000;

export const keptSessionSchema = z.object({
  id: z.string(),
  refreshToken: z.string(),
  accessToken: z.string(),
  /** ISO time, by this machine's clock. */
  accessTokenUntil: z.string(),
});
export type KeptTokens = z.infer<typeof keptSessionSchema>;

/** Where a session's tokens lie between commands. */
export interface TokenPlace {
  read(): KeptTokens | undefined;
  write(tokens: KeptTokens): void;
}

/**
 * The session of a sign-in. Its file is read again each time: other commands renew the tokens in it too. Two that renew at once both get a
 * good token, as the server takes a refresh token once more for half a minute.
 */
export class KeptSession {
  constructor(private readonly place: TokenPlace) {}

  /** `refused`: a token that the server did not take. Raises SESSION_ENDED, REFRESH_TOKEN_REUSED, and where a second factor became compulsory. */
  async accessToken(refused: string | undefined, refresh: (refreshToken: string) => Promise<Schema<'Token'>>): Promise<string> {
    const kept = this.place.read();
    if (!kept) throw signInAgain('SESSION_ENDED', 'The session was forgotten here in the meantime.');
    if (kept.accessToken !== refused && Date.parse(kept.accessTokenUntil) - Date.now() > MARGIN_MS) return kept.accessToken;
    const tokens = keptTokens(await refresh(kept.refreshToken).catch(withCommandHint));
    this.place.write(tokens);
    return tokens.accessToken;
  }
}

/** What is kept of a sign-in. Raises CLI_SESSION_MISSING for an answer without a session. */
export function keptTokens({ accessToken, expiresInSeconds, refreshToken, sessionId }: Schema<'Token'>): KeptTokens {
  if (!refreshToken || !sessionId) {
    throw new SmartantError('CLI_SESSION_MISSING', 'The server opened no session.', {
      kind: 'unavailable',
      hint: 'It may be older than this command: sign in with --api-key-stdin.',
    });
  }
  return { id: sessionId, refreshToken, accessToken, accessTokenUntil: endIn(expiresInSeconds) };
}

/** The same session with its token for another workspace. */
export function switchedTokens(kept: KeptTokens, { accessToken, expiresInSeconds }: Schema<'Token'>): KeptTokens {
  return { ...kept, accessToken, accessTokenUntil: endIn(expiresInSeconds) };
}

function endIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString();
}

function withCommandHint(error: unknown): never {
  if (error instanceof SmartantError && SIGN_IN_AGAIN.includes(error.code)) {
    throw signInAgain(error.code, error.message);
  }
  throw error;
}

function signInAgain(code: string, message: string): SmartantError {
  return new SmartantError(code, message, { kind: 'unauthenticated', hint: 'Run "smartant login" again.' });
}
