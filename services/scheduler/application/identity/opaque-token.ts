import { createHash, createHmac, randomBytes } from 'node:crypto';

/** How many of the random characters may be shown, to tell tokens apart. */
const SHOWN = 6;

/** A kind of tokens that say nothing by themselves: 256 random bits behind a prefix that secret scanners can find. */
class OpaqueTokenKind {
  private readonly form: RegExp;

  constructor(private readonly prefix: string) {
    this.form = new RegExp(`^${prefix}[A-Za-z0-9_-]{43}$`);
  }

  make(): string {
    return `${this.prefix}${randomBytes(32).toString('base64url')}`;
  }

  /** Whether a text can be one at all: what can't is not looked up. */
  looksLike(text: string): boolean {
    return this.form.test(text);
  }

  /** The part of a token that may be shown. */
  visiblePart(token: string): string {
    return token.slice(0, this.prefix.length + SHOWN);
  }
}

export const apiKeySecrets = new OpaqueTokenKind('sak_');
export const refreshTokens = new OpaqueTokenKind('srt_');
export const invitationTokens = new OpaqueTokenKind('sin_');

/**
 * What is kept of a token. So many random bits need no slow hash; the pepper makes a stolen table useless even against a leaked list of
 * tokens.
 */
export function pepperedDigest(pepper: string, token: string): Buffer {
  return createHmac('sha256', pepper).update(token).digest();
}

/** The same for a token that is good once and not for long, and must bear a change of the pepper. */
export function plainDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
