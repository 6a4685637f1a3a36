import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '@smartant/kernel';
import type { KeyWrapper, WrappedKey } from '../../../application/ports/key-wrapper';
import { decrypt, derive, encrypt, KEY_BYTES } from '../aes-gcm';
import { keyMismatch, masterKeyInvalid } from '../vault-errors';

/** Master keys as they were read, 32 bytes each. They are zeroed once other keys were derived from them. */
export interface MasterKeys {
  /** Data keys are wrapped under it. Null: they are wrapped elsewhere, and the others only open what was sealed before. */
  current: Buffer | null;
  others: Buffer[];
}

export interface LocalKeysOptions {
  /** Reads the keys where they are kept. Called again while running. */
  read: () => MasterKeys;
  /** Keys that cannot be read again are no reason to stop: those that are held stay. */
  onUnreadable?: (error: unknown) => void;
  clock?: Clock;
}

/** A mounted Kubernetes secret changes without a restart; this is how long a changed one may go unseen. */
const REREAD_MS = 10_000;
/** Something is sealed under a key that is not held: another replica may have seen a new key first. */
const REREAD_UNKNOWN_MS = 1_000;

/** No other key is looked for in the files of master keys. */
const KEY_ID = /^[0-9a-f]{16}$/;

interface Held {
  current: string | null;
  wrapping: Map<string, Buffer>;
}

/** Master keys of ours. Two keys are derived from each and used, never the master key itself; its id is a digest of a third. */
export class LocalKeys implements KeyWrapper {
  private held: Held;
  private readAtMs: number;
  private readonly seed: Buffer | null;
  private readonly clock: Clock;

  /** Raises VAULT_MASTER_KEY_INVALID and what `read` raises. */
  constructor(private readonly options: LocalKeysOptions) {
    this.clock = options.clock ?? systemClock;
    const keys = options.read();
    const oldest = keys.current ?? keys.others[0];
    this.seed = oldest ? derive(checked(oldest), 'fingerprint') : null;
    this.held = derived(keys);
    this.readAtMs = this.clock.nowMs();
  }

  /** One master key that never changes. */
  static single(masterKey: Buffer): LocalKeys {
    const copy = Buffer.from(masterKey);
    return new LocalKeys({ read: () => ({ current: copy, others: [] }), clock: { nowMs: () => 0 } });
  }

  /** What fingerprints were keyed with before their key was stored; null without any key. */
  fingerprintSeed(): Buffer | null {
    return this.seed;
  }

  async currentKeyId(): Promise<string> {
    this.refresh(REREAD_MS);
    return this.current();
  }

  async keyIds(): Promise<string[]> {
    this.refresh(REREAD_MS);
    return [...this.held.wrapping.keys()];
  }

  async opens(keyId: string): Promise<boolean> {
    return this.find(keyId) !== undefined;
  }

  async wrap(context: string, dataKey: Buffer): Promise<WrappedKey> {
    const keyId = await this.currentKeyId();
    return { keyId, wrapped: encrypt(this.held.wrapping.get(keyId)!, context, dataKey) };
  }

  async unwrap(keyId: string, context: string, wrapped: Buffer): Promise<Buffer> {
    const key = this.find(keyId);
    if (!key) throw keyMismatch(keyId);
    return decrypt(key, context, wrapped);
  }

  private current(): string {
    if (this.held.current !== null) return this.held.current;
    throw new Error('these master keys only open: nothing is wrapped under them');
  }

  private find(keyId: string): Buffer | undefined {
    if (!KEY_ID.test(keyId)) return undefined;
    this.refresh(this.held.wrapping.has(keyId) ? REREAD_MS : REREAD_UNKNOWN_MS);
    return this.held.wrapping.get(keyId);
  }

  private refresh(maxAgeMs: number): void {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.readAtMs < maxAgeMs) return;
    this.readAtMs = nowMs;
    try {
      const held = derived(this.options.read());
      // Never from a current key to none: that needs another configuration, and so a start.
      if (held.current !== null || this.held.current === null) this.held = held;
    } catch (error) {
      this.options.onUnreadable?.(error);
    }
  }
}

function derived({ current, others }: MasterKeys): Held {
  const wrapping = new Map<string, Buffer>();
  const add = (masterKey: Buffer): string => {
    const id = createHash('sha256')
      .update(derive(checked(masterKey), 'id'))
      .digest('hex')
      .slice(0, 16);
    wrapping.set(id, derive(masterKey, 'wrap'));
    masterKey.fill(0);
    return id;
  };
  const currentId = current && add(current);
  others.forEach(add);
  return { current: currentId, wrapping };
}

function checked(masterKey: Buffer): Buffer {
  if (masterKey.length !== KEY_BYTES) throw masterKeyInvalid(masterKey.length, KEY_BYTES);
  return masterKey;
}
