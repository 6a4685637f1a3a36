import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'sak_';
const FORM = /^sak_[A-Za-z0-9_-]{43}$/;

/** A new key: 256 random bits behind a prefix that secret scanners can find. */
export function newApiKeySecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64url')}`;
}

export function looksLikeApiKey(text: string): boolean {
  return FORM.test(text);
}

/** What is kept of a key. Random keys need no slow hash; the pepper makes a stolen table useless even against a leaked list of keys. */
export function apiKeyDigest(pepper: string, apiKey: string): Buffer {
  return createHmac('sha256', pepper).update(apiKey).digest();
}

/** The part of a key that may be shown. */
export function visiblePrefix(apiKey: string): string {
  return apiKey.slice(0, PREFIX.length + 6);
}
