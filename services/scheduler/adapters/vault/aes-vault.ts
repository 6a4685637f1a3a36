import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import type { Vault } from '../../application/ports/vault';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Envelope encryption: each value has a random data key of its own (AES-256-GCM), which the master key wraps (AES-256-GCM).
 * Both are bound to the context as associated data. Text form: `v1.<master key's id>.<wrapped data key>.<ciphertext>`,
 * the last two as base64url of nonce, tag and bytes. Two derived keys are used, never the master key itself.
 */
export class AesVault implements Vault {
  private readonly wrappingKey: Buffer;
  private readonly fingerprintKey: Buffer;
  private readonly keyId: string;

  /** `masterKey`: 32 random bytes. Raises VAULT_MASTER_KEY_INVALID for another length. */
  constructor(masterKey: Buffer) {
    if (masterKey.length !== KEY_BYTES) throw masterKeyInvalid(masterKey.length);
    this.wrappingKey = derive(masterKey, 'wrap');
    this.fingerprintKey = derive(masterKey, 'fingerprint');
    this.keyId = createHash('sha256').update(derive(masterKey, 'id')).digest('hex').slice(0, 16);
  }

  async seal(context: string, plaintext: Buffer): Promise<string> {
    const dataKey = randomBytes(KEY_BYTES);
    try {
      const wrapped = encrypt(this.wrappingKey, `key/${context}`, dataKey);
      const ciphertext = encrypt(dataKey, `value/${context}`, plaintext);
      return [VERSION, this.keyId, wrapped.toString('base64url'), ciphertext.toString('base64url')].join('.');
    } finally {
      dataKey.fill(0);
    }
  }

  async open(context: string, sealed: string): Promise<Buffer> {
    const [version, keyId, wrapped, ciphertext] = sealed.split('.');
    if (version !== VERSION || !wrapped || !ciphertext) throw corrupt();
    if (keyId !== this.keyId) throw keyMismatch();
    const dataKey = decrypt(this.wrappingKey, `key/${context}`, Buffer.from(wrapped, 'base64url'));
    try {
      return decrypt(dataKey, `value/${context}`, Buffer.from(ciphertext, 'base64url'));
    } finally {
      dataKey.fill(0);
    }
  }

  fingerprint(context: string, data: Buffer): string {
    const mac = createHmac('sha256', this.fingerprintKey);
    return mac
      .update(`${Buffer.byteLength(context)}:${context}:`)
      .update(data)
      .digest('hex');
  }
}

function derive(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `smartant/vault/${purpose}`, KEY_BYTES));
}

function encrypt(key: Buffer, context: string, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function decrypt(key: Buffer, context: string, sealed: Buffer): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw corrupt();
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    // The cause is dropped on purpose: it could tell an attacker which part failed.
    throw corrupt();
  }
}

function masterKeyInvalid(length: number): SmartantError {
  return new SmartantError('VAULT_MASTER_KEY_INVALID', `The master key has ${length} bytes; it must have ${KEY_BYTES}.`, {
    kind: 'invalid',
    actor: 'operator',
    hint: 'Make one with `openssl rand -base64 32` and give it as SMARTANT_MASTER_KEY_FILE.',
  });
}

function keyMismatch(): SmartantError {
  return new SmartantError('VAULT_KEY_MISMATCH', 'This secret was sealed under another master key.', {
    kind: 'precondition',
    actor: 'operator',
    hint: 'Start with the master key that this database was first started with.',
  });
}

function corrupt(): SmartantError {
  return new SmartantError('VAULT_CORRUPT', 'A sealed secret cannot be opened: it was changed, or belongs elsewhere.', {
    kind: 'internal',
    actor: 'operator',
    hint: 'Enter the secret again. If the database was restored or edited by hand, look there first.',
  });
}
