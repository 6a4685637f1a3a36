import { createHmac, randomBytes } from 'node:crypto';
import type { KeyProblem, KeyWrapper, WrappedKey } from '../../application/ports/key-wrapper';
import type { KeyedVault } from '../../application/ports/vault';
import { decrypt, encrypt, KEY_BYTES } from './aes-gcm';
import { LocalKeys } from './local/local-keys';
import { readSealedText, writeSealedText, type SealedText } from './sealed-text';

/**
 * Envelope encryption: each value has a random data key of its own (AES-256-GCM), which a key wrapper wraps. Both are bound to the
 * context as associated data. Data keys and what is opened on the way are zeroed as soon as they were used.
 */
export class AesVault implements KeyedVault {
  private readonly keys: KeyWrapper;
  private readonly seed: Buffer;
  private fingerprintKey: Buffer;

  /**
   * `keys`: what wraps data keys, or the 32 bytes of a single master key. `fingerprintSeed` is the key of fingerprints until a stored one
   * is given; absent: derived from the single master key, else random.
   * Raises VAULT_MASTER_KEY_INVALID for a master key of another length.
   */
  constructor(keys: Buffer | KeyWrapper, fingerprintSeed?: Buffer) {
    const single = Buffer.isBuffer(keys) ? LocalKeys.single(keys) : null;
    this.keys = single ?? (keys as KeyWrapper);
    this.seed = fingerprintSeed ?? single?.fingerprintSeed() ?? randomBytes(KEY_BYTES);
    this.fingerprintKey = this.seed;
  }

  async seal(context: string, plaintext: Buffer): Promise<string> {
    const dataKey = randomBytes(KEY_BYTES);
    try {
      const wrapped = await this.keys.wrap(keyContext(context), dataKey);
      return writeSealedText({ ...wrapped, ciphertext: encrypt(dataKey, valueContext(context), plaintext) });
    } finally {
      dataKey.fill(0);
    }
  }

  async open(context: string, sealed: string): Promise<Buffer> {
    const { keyId, wrapped, ciphertext } = readSealedText(sealed);
    const dataKey = await this.keys.unwrap(keyId, keyContext(context), wrapped);
    try {
      return decrypt(dataKey, valueContext(context), ciphertext);
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

  currentKeyId(): Promise<string> {
    return this.keys.currentKeyId();
  }

  keyIds(): Promise<string[]> {
    return this.keys.keyIds();
  }

  opens(keyId: string): Promise<boolean> {
    return this.keys.opens(keyId);
  }

  keyIdOf(sealed: string): string {
    return readSealedText(sealed).keyId;
  }

  async rewrap(context: string, sealed: string): Promise<string> {
    const parts = readSealedText(sealed);
    const wrapped = await this.wrapAgain(context, parts);
    return writeSealedText({ ...wrapped, ciphertext: parts.ciphertext });
  }

  async reseal(context: string, sealed: string): Promise<string> {
    const plaintext = await this.open(context, sealed);
    try {
      return await this.seal(context, plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  problem(): KeyProblem | null {
    return this.keys.problem?.() ?? null;
  }

  fingerprintSeed(): Buffer {
    return Buffer.from(this.seed);
  }

  useFingerprintKey(key: Buffer): void {
    this.fingerprintKey = Buffer.from(key);
  }

  private async wrapAgain(context: string, { keyId, wrapped }: SealedText): Promise<WrappedKey> {
    if (this.keys.rewrap) return this.keys.rewrap(keyId, keyContext(context), wrapped);
    const dataKey = await this.keys.unwrap(keyId, keyContext(context), wrapped);
    try {
      return await this.keys.wrap(keyContext(context), dataKey);
    } finally {
      dataKey.fill(0);
    }
  }
}

const keyContext = (context: string) => `key/${context}`;
const valueContext = (context: string) => `value/${context}`;
