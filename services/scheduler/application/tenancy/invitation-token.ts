import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'sin_';
const FORM = /^sin_[A-Za-z0-9_-]{43}$/;

/** 256 random bits behind a prefix that secret scanners can find. */
export function newInvitationToken(): string {
  return `${PREFIX}${randomBytes(32).toString('base64url')}`;
}

/** What is kept of a token; null for what can't be one. So many random bits need no slow hash. */
export function invitationDigest(token: string): Buffer | null {
  return FORM.test(token) ? createHash('sha256').update(token).digest() : null;
}
