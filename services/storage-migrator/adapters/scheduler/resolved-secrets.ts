import type { StorageSecret } from '@smartant/connectors';
import { credentialV1 } from '@smartant/contracts';
import { systemClock, type Clock } from '@smartant/kernel';
import type { RpcClient } from '@smartant/platform/grpc';
import type { SecretSource } from '../../application/ports/secrets';
import type { Access, Endpoint } from '../../domain/run';
import { networkSecretFromProto } from '../grpc/network-from-proto';

export type CredentialRpc = Pick<RpcClient<typeof credentialV1.CredentialServiceClient.service>, 'resolve'>;

interface Cached {
  secret: Promise<StorageSecret>;
  untilMs: number;
}

/** Until the scheduler has said how long a secret may be kept, callers that ask meanwhile share one request. */
const ASKING_MS = 10_000;

/** Secrets from the scheduler's CredentialService. Kept in memory only, and only as long as it allows. */
export class ResolvedSecrets implements SecretSource {
  private readonly cache = new Map<string, Cached>();

  constructor(
    private readonly rpc: CredentialRpc,
    private readonly clock: Clock = systemClock,
  ) {}

  async resolve(access: Access, endpoint: Endpoint, signal: AbortSignal): Promise<StorageSecret> {
    if (endpoint.location.kind === 'file') return { kind: 'none' };
    signal.throwIfAborted();
    const key = keyOf(access, endpoint);
    const known = this.cache.get(key);
    if (known && known.untilMs > this.clock.nowMs()) return known.secret;
    this.dropExpired();
    const entry: Cached = {
      secret: this.ask(access, endpoint, (untilMs) => (entry.untilMs = untilMs)),
      untilMs: this.clock.nowMs() + ASKING_MS,
    };
    this.cache.set(key, entry);
    entry.secret.catch(() => {
      if (this.cache.get(key) === entry) this.cache.delete(key);
    });
    return entry.secret;
  }

  forget(access: Access, endpoint: Endpoint): void {
    this.cache.delete(keyOf(access, endpoint));
  }

  /** Not tied to one caller's signal: others wait for the same answer. The call has a deadline of its own. */
  private async ask(access: Access, endpoint: Endpoint, keepUntil: (ms: number) => void): Promise<StorageSecret> {
    const {
      secret,
      ttlSeconds,
      network: sent,
    } = await this.rpc.resolve({ runId: access.runId, epoch: access.epoch, endpointId: endpoint.id });
    keepUntil(this.clock.nowMs() + ttlSeconds * 1_000);
    const network = networkSecretFromProto(sent);
    if (secret?.$case !== 's3') return { kind: 'none', network };
    const { accessKeyId, secretAccessKey, sessionToken } = secret.value;
    return { kind: 's3', accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined, network };
  }

  private dropExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [key, { untilMs }] of this.cache) if (untilMs <= nowMs) this.cache.delete(key);
  }
}

function keyOf(access: Access, endpoint: Endpoint): string {
  return `${access.runId} ${access.epoch} ${endpoint.id}`;
}
