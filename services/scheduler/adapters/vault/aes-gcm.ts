import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { corrupt } from './vault-errors';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256 */
export const KEY_BYTES = 32;

/** A key for one purpose, so that the key it comes from is never used itself. */
export function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `smartant/vault/${purpose}`, KEY_BYTES));
}

/** Nonce, tag and ciphertext; `context` is the associated data. */
export function encrypt(key: Buffer, context: string, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** The plaintext of what `encrypt` made. Raises VAULT_CORRUPT. */
export function decrypt(key: Buffer, context: string, sealed: Buffer): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw corrupt();
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  // GCM gives all of the plaintext here and none at the end, so there is one buffer, and no copy of it to zero.
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    // The cause is dropped on purpose: it could tell an attacker which part failed.
    throw corrupt();
  }
}
