import type { AccessTokens, TokenSubject } from './access-tokens';

/** Also how much longer a token may live than it says. */
const REMEMBERED_MS = 5_000;
const MOST_REMEMBERED = 1_000;

/**
 * Remembers for a few seconds who a token speaks for: under a flood of requests the check of signatures would be the dearest part of
 * refusing them. Requests that come together share one check.
 */
export class VerifiedTokens {
  private readonly remembered = new Map<string, { subject: Promise<TokenSubject>; atMs: number }>();

  constructor(private readonly tokens: Pick<AccessTokens, 'verify'>) {}

  /** Raises what the given `verify` raises. */
  verify(token: string): Promise<TokenSubject> {
    const known = this.remembered.get(token);
    if (known && performance.now() - known.atMs < REMEMBERED_MS) return known.subject;
    this.remembered.delete(token);
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= MOST_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    const entry = { subject: this.tokens.verify(token), atMs: performance.now() };
    this.remembered.set(token, entry);
    entry.subject.catch(() => {
      // Refusing is cheap, and what nobody signed must not push out what is good.
      if (this.remembered.get(token) === entry) this.remembered.delete(token);
    });
    return entry.subject;
  }
}
