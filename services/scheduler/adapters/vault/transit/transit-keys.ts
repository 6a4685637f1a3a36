import { SmartantError, systemClock, type Clock } from '@smartant/kernel';
import { z } from 'zod';
import type { KeyProblem, KeyWrapper, WrappedKey } from '../../../application/ports/key-wrapper';
import { corrupt, keyMismatch } from '../vault-errors';
import type { TransitClient } from './transit-client';
import { kmsDenied, kmsKeyUnusable, kmsUnavailable } from './transit-errors';
import type { TransitToken } from './transit-token';

export interface TransitKeysOptions {
  client: TransitClient;
  token: TransitToken;
  /** Path of the secrets engine. */
  mount: string;
  /** Name of the key in it. */
  key: string;
  clock?: Clock;
}

/** After this a rotated key is seen to have another version. */
const DESCRIPTION_MS = 30_000;
/** A version that is not known is looked for this often at most. */
const UNKNOWN_MS = 1_000;

const description = z.object({
  data: z.object({ latest_version: z.number().int(), min_decryption_version: z.number().int(), derived: z.boolean() }),
});
const encrypted = z.object({ data: z.object({ ciphertext: z.string() }) });
const decrypted = z.object({ data: z.object({ plaintext: z.string() }) });

interface Versions {
  latest: number;
  earliest: number;
  atMs: number;
}

/**
 * Data keys wrapped by the transit engine of HashiCorp Vault or OpenBao; the wrapping key never leaves it. The key must be a derived one:
 * only then does the engine bind the context, when it rewraps too (which knows no associated data).
 * https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export class TransitKeys implements KeyWrapper {
  private versions: Versions | undefined;
  private lastProblem: KeyProblem | null = null;
  private readonly prefix: string;

  constructor(private readonly options: TransitKeysOptions) {
    this.prefix = `transit:${options.mount}/${options.key}:`;
  }

  async currentKeyId(): Promise<string> {
    return `${this.prefix}${(await this.describe(DESCRIPTION_MS)).latest}`;
  }

  async keyIds(): Promise<string[]> {
    const { latest, earliest } = await this.describe(DESCRIPTION_MS);
    return Array.from({ length: latest - earliest + 1 }, (_, index) => `${this.prefix}${latest - index}`);
  }

  async opens(keyId: string): Promise<boolean> {
    const version = this.versionOf(keyId);
    if (version === undefined) return false;
    const known = await this.describe(DESCRIPTION_MS);
    const { latest, earliest } = version > known.latest ? await this.describe(UNKNOWN_MS) : known;
    return version >= earliest && version <= latest;
  }

  async wrap(context: string, dataKey: Buffer): Promise<WrappedKey> {
    // Nothing is ever wrapped by a key that has not been looked at.
    await this.describe(DESCRIPTION_MS);
    const body = await this.ask('POST', 'encrypt', { plaintext: dataKey.toString('base64'), context: base64(context) });
    return this.wrappedFrom(body);
  }

  async unwrap(keyId: string, context: string, wrapped: Buffer): Promise<Buffer> {
    const body = await this.open('decrypt', keyId, context, wrapped);
    return Buffer.from(read(decrypted, body).data.plaintext, 'base64');
  }

  async rewrap(keyId: string, context: string, wrapped: Buffer): Promise<WrappedKey> {
    return this.wrappedFrom(await this.open('rewrap', keyId, context, wrapped));
  }

  /** The engine has no codes for why something does not open, so we look whether it is the key, and blame the ciphertext only then. */
  private async open(operation: 'decrypt' | 'rewrap', keyId: string, context: string, wrapped: Buffer): Promise<unknown> {
    try {
      return await this.ask('POST', operation, { ciphertext: this.ciphertextOf(keyId, wrapped), context: base64(context) });
    } catch (error) {
      if (!(error instanceof SmartantError) || error.code !== 'VAULT_CORRUPT') throw error;
      this.versions = undefined;
      if (!(await this.opens(keyId))) throw keyMismatch(keyId);
      throw error;
    }
  }

  problem(): KeyProblem | null {
    return this.lastProblem;
  }

  /** What the engine says of the key. A service that is down does not make us forget what we knew. */
  private async describe(maxAgeMs: number): Promise<Versions> {
    const nowMs = (this.options.clock ?? systemClock).nowMs();
    if (this.versions && nowMs - this.versions.atMs < maxAgeMs) return this.versions;
    try {
      const { data } = read(description, await this.ask('GET', 'keys'));
      if (!data.derived) throw kmsKeyUnusable(this.options.key, 'it is not a derived key, so it would bind no context');
      this.versions = { latest: data.latest_version, earliest: data.min_decryption_version, atMs: nowMs };
    } catch (error) {
      if (!this.versions) throw error;
      // Not asked again with each call: callers have little time, and what they came for has its own attempts.
      this.versions = { ...this.versions, atMs: nowMs };
    }
    return this.versions;
  }

  private async ask(method: 'GET' | 'POST', operation: string, body?: object): Promise<unknown> {
    try {
      const answer = await this.askWithToken(method, operation, body);
      this.lastProblem = null;
      return answer;
    } catch (error) {
      // A ciphertext that does not open is no trouble of the service.
      if (error instanceof SmartantError && error.code.startsWith('VAULT_KMS_')) {
        this.lastProblem = { code: error.code, message: error.message };
      }
      throw error;
    }
  }

  /** With the token, and once more with a new one where that is refused. */
  private async askWithToken(method: 'GET' | 'POST', operation: string, body?: object): Promise<unknown> {
    const { client, token, mount, key } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      const { status, body: answer } = await client.call(method, `${mount}/${operation}/${key}`, body, await token.get());
      if (status === 200) return answer;
      if (status !== 403) throw this.refusal(operation, status);
      token.drop();
      if (attempt === 2) throw kmsDenied(`${operation} was answered with status 403`);
    }
  }

  private refusal(operation: string, status: number): Error {
    const opening = operation === 'decrypt' || operation === 'rewrap';
    if (status === 400 && opening) return corrupt();
    return kmsKeyUnusable(this.options.key, `${operation} was answered with status ${status}`);
  }

  private wrappedFrom(body: unknown): WrappedKey {
    const match = /^vault:v(\d+):([A-Za-z0-9+/=]+)$/.exec(read(encrypted, body).data.ciphertext);
    if (!match) throw kmsKeyUnusable(this.options.key, 'its ciphertext has a form that is not known');
    return { keyId: `${this.prefix}${match[1]}`, wrapped: Buffer.from(match[2]!, 'base64') };
  }

  private ciphertextOf(keyId: string, wrapped: Buffer): string {
    return `vault:v${this.versionOf(keyId) ?? ''}:${wrapped.toString('base64')}`;
  }

  private versionOf(keyId: string): number | undefined {
    const version = keyId.startsWith(this.prefix) ? keyId.slice(this.prefix.length) : '';
    return /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
  }
}

/** A proxy's own page is no answer of the service. */
function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw kmsUnavailable('its answer has a form that is not known');
  return parsed.data;
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
