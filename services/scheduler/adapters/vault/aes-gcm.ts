import { deriveKey, openBytes, sealBytes } from '@smartant/platform/sealing';
import { corrupt } from './vault-errors';

export { KEY_BYTES } from '@smartant/platform/sealing';

/** A key of the vault for one purpose, so that the key it comes from is never used itself. */
export function derive(key: Buffer, purpose: string): Buffer {
  return deriveKey(key, `smartant/vault/${purpose}`);
}

/** Nonce, tag and ciphertext; `context` is the associated data. */
export function encrypt(key: Buffer, context: string, plaintext: Buffer): Buffer {
  return sealBytes(key, context, plaintext);
}

/** The plaintext of what `encrypt` made. Raises VAULT_CORRUPT. */
export function decrypt(key: Buffer, context: string, sealed: Buffer): Buffer {
  const plaintext = openBytes(key, context, sealed);
  if (plaintext === null) throw corrupt();
  return plaintext;
}
