import type { WrappedKey } from '../../application/ports/key-wrapper';
import { corrupt } from './vault-errors';

const VERSION = 'v1';

/** A sealed value taken apart. */
export interface SealedText extends WrappedKey {
  ciphertext: Buffer;
}

/** `v1.<key id>.<wrapped data key>.<ciphertext>`, the last two as base64url. This form stays readable for ever. */
export function writeSealedText({ keyId, wrapped, ciphertext }: SealedText): string {
  return [VERSION, keyId, wrapped.toString('base64url'), ciphertext.toString('base64url')].join('.');
}

/** Raises VAULT_CORRUPT. */
export function readSealedText(sealed: string): SealedText {
  const [version, keyId, wrapped, ciphertext] = sealed.split('.');
  if (version !== VERSION || !keyId || !wrapped || !ciphertext) throw corrupt();
  return { keyId, wrapped: Buffer.from(wrapped, 'base64url'), ciphertext: Buffer.from(ciphertext, 'base64url') };
}
