import { createHash } from 'node:crypto';

export interface AccessToken {
  token: string;
  expiresInMs: number;
}

interface Kept {
  token: string;
  untilMs: number;
}

/** Providers take a token a little while after they say it ends; ours must not end on its way. */
const EARLY_MS = 60_000;
const KEPT = 500;

/** Access tokens of providers, in memory only. Asking for one at each message is throttled by all of them. */
export class TokenCache {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly nowMs: () => number) {}

  /** `parts`: all that decides which token it is, secrets too; they are kept as a digest. */
  static keyOf(parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
  }

  async get(key: string, ask: () => Promise<AccessToken>): Promise<string> {
    const known = this.kept.get(key);
    if (known && known.untilMs > this.nowMs()) return known.token;
    const { token, expiresInMs } = await ask();
    this.kept.delete(key);
    if (this.kept.size >= KEPT) this.kept.delete(this.kept.keys().next().value ?? '');
    this.kept.set(key, { token, untilMs: this.nowMs() + expiresInMs - EARLY_MS });
    return token;
  }

  /** After the provider refused it. One that was renewed meanwhile stays. */
  forget(key: string, token: string): void {
    if (this.kept.get(key)?.token === token) this.kept.delete(key);
  }
}
