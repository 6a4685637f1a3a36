import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { newId, SmartantError, type Clock } from '@smartant/kernel';
import type { Vault } from '../ports/vault';
import type { IdentityStore, NewSigningKey, SigningKeyRecord } from './identity-store';

/** ES256: signed by every JWT library and checked by Kong's `jwt` plugin in all its versions. */
export const TOKEN_ALGORITHM = 'ES256';

/** A key that another replica added is known here after this long at most, and at once when a token names it. */
const REFRESH_MS = 60_000;
const UNKNOWN_KID_REFRESH_MS = 5_000;

export interface PublishedKey {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: 'sig';
}

interface Loaded {
  records: SigningKeyRecord[];
  publicKeys: Map<string, KeyObject>;
  signing: { kid: string; privateKey: KeyObject };
}

/** The keys that access tokens are signed with: in the database, sealed, so that all replicas share them and a restart keeps sessions. */
export class SigningKeys {
  private loaded: Loaded | undefined;
  private loadedAtMs = 0;
  private loading: Promise<Loaded> | undefined;

  constructor(
    private readonly store: IdentityStore,
    private readonly vault: Pick<Vault, 'seal' | 'open'>,
    private readonly clock: Clock,
  ) {}

  /** Makes the first key where there is none. Call it once at start. */
  async ensure(): Promise<void> {
    if ((await this.store.signingKeys()).length === 0) await this.store.addFirstSigningKey(await this.newKey(0));
    await this.load();
  }

  /** Publishes a new key at once, signs with it after `activatesInMs`, and withdraws the older ones `overlapMs` (at least a token's life) later. `save`: keeps the key in a transaction of the caller's. */
  async rotate(
    activatesInMs: number,
    overlapMs: number,
    save: (key: NewSigningKey) => Promise<void> = (key) => this.store.rotateSigningKey(key, overlapMs),
  ): Promise<string> {
    const key = await this.newKey(activatesInMs);
    await save(key);
    await this.load();
    return key.kid;
  }

  async current(): Promise<{ kid: string; privateKey: KeyObject }> {
    return (await this.fresh(REFRESH_MS)).signing;
  }

  /** Undefined for a key that was never published, or is withdrawn. */
  async publicKey(kid: string): Promise<KeyObject | undefined> {
    return (await this.fresh(REFRESH_MS)).publicKeys.get(kid) ?? (await this.fresh(UNKNOWN_KID_REFRESH_MS)).publicKeys.get(kid);
  }

  async published(): Promise<PublishedKey[]> {
    const { records } = await this.fresh(REFRESH_MS);
    return records.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, alg: TOKEN_ALGORITHM, use: 'sig' }));
  }

  private async fresh(maxAgeMs: number): Promise<Loaded> {
    if (this.loaded && this.clock.nowMs() - this.loadedAtMs < maxAgeMs) return this.loaded;
    return this.load();
  }

  private load(): Promise<Loaded> {
    this.loading ??= this.read().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async read(): Promise<Loaded> {
    const records = await this.store.signingKeys();
    const newest = records.find((record) => record.active);
    if (!newest) {
      throw new SmartantError('SIGNING_KEY_MISSING', 'There is no key to sign access tokens with.', {
        kind: 'internal',
        actor: 'operator',
        hint: 'Restart the scheduler: it makes a key when there is none.',
      });
    }
    const kept = this.loaded?.signing;
    const privateKey =
      kept?.kid === newest.kid
        ? kept.privateKey
        : createPrivateKey({ key: await this.vault.open(sealContext(newest.kid), newest.sealedPrivateKey), format: 'der', type: 'pkcs8' });
    const publicKeys = new Map(records.map(({ kid, publicJwk }) => [kid, createPublicKey({ key: { ...publicJwk }, format: 'jwk' })]));
    this.loaded = { records, publicKeys, signing: { kid: newest.kid, privateKey } };
    this.loadedAtMs = this.clock.nowMs();
    return this.loaded;
  }

  private async newKey(activatesInMs: number): Promise<NewSigningKey> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = newId('key');
    const sealedPrivateKey = await this.vault.seal(sealContext(kid), privateKey.export({ format: 'der', type: 'pkcs8' }));
    const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
    return { kid, publicJwk: { kty, crv, x, y }, sealedPrivateKey, activatesInMs };
  }
}

const sealContext = (kid: string) => `signing-key/${kid}`;
