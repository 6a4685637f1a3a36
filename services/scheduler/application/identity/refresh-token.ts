import { createHmac, randomBytes } from 'node:crypto';

const FORM = /^srt_[A-Za-z0-9_-]{43}$/;

/** 256 random bits behind a prefix that secret scanners can find. */
export function newRefreshToken(): string {
  return `srt_${randomBytes(32).toString('base64url')}`;
}

export function looksLikeRefreshToken(text: string): boolean {
  return FORM.test(text);
}

/** What is kept of a token; as with API keys, random ones need no slow hash. */
export function refreshTokenDigest(pepper: string, token: string): Buffer {
  return createHmac('sha256', pepper).update(token).digest();
}
