import { createHmac, randomInt } from 'node:crypto';

/** Without 0, 1, 8, i, l, o and u: they are written down by hand and typed in again. */
const ALPHABET = '2345679abcdefghjkmnpqrstvwxyz';
const GROUPS = 6;
const GROUP_LENGTH = 4;

export const RECOVERY_CODES = 10;

/** 116 random bits, so that an HMAC is enough to keep one (ASVS 5.0, 6.5.2: 112): `k3xp-9wzt-4hqa-m7ne-2bcd-5fgh`. */
export function newRecoveryCode(): string {
  const group = () => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

/** What is kept of a code, bound to its user. Written with or without dashes and capitals, a code is the same. */
export function recoveryCodeDigest(pepper: string, userId: string, code: string): Buffer {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '');
  return createHmac('sha256', pepper).update(`recovery/${userId}/${plain}`).digest();
}
