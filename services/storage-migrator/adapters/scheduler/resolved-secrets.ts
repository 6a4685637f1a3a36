import type { StorageSecret } from '@smartant/connectors';
import { credentialV1 } from '@smartant/contracts';
import { systemClock, toSmartantError, type Clock } from '@smartant/kernel';
import type { RpcClient } from '@smartant/platform/grpc';
import type { SecretSource } from '../../application/ports/secrets';
import type { Access, Endpoint } from '../../domain/run';
import { networkSecretFromProto } from '../grpc/network-from-proto';

export type CredentialRpc = Pick<RpcClient<typeof credentialV1.CredentialServiceClient.service>, 'resolve'>;

interface Held {
  runId: string;
  secret: Promise<StorageSecret>;
  /** The scheduler allows it until then. */
  untilMs: number;
  /** Its run has no work here any more, and it goes then. */
  idleUntilMs: number;
  /** From then on the scheduler is asked again, ahead of time. */
  renewAtMs: number;
  resolvedAtMs: number;
}

/** Until the scheduler has said how long a secret may be kept, callers that ask meanwhile share one request. */
const ASKING_MS = 10_000;
/** Between two shards of a run there is not always another one at work. */
const IDLE_MS = 15_000;
const RENEW_AGAIN_MS = 15_000;
/** What is over is looked for this often, so that nothing stays in memory only because nobody asks any more. */
const SWEEP_MS = 5_000;
/**
 * The scheduler lets the run go on, and only its key management service does not open the secret: what is held here is used on, a minute
 * at a time, for an hour at most. Any other answer ends that.
 */
const OUTAGE_MS = { step: 60_000, longest: 60 * 60_000 };
const KMS_CODES = new Set(['VAULT_KMS_UNAVAILABLE', 'VAULT_KMS_DENIED']);

/** Secrets from the scheduler's CredentialService. Kept in memory only, only as long as it allows, and not after their run's work here. */
export class ResolvedSecrets implements SecretSource {
  private readonly cache = new Map<string, Held>();
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly rpc: CredentialRpc,
    private readonly clock: Clock = systemClock,
  ) {}

  /** How many are in memory. */
  get held(): number {
    return this.cache.size;
  }

  async resolve(access: Access, endpoint: Endpoint, signal: AbortSignal): Promise<StorageSecret> {
    if (endpoint.location.kind === 'file') return { kind: 'none' };
    signal.throwIfAborted();
    this.dropExpired();
    const key = keyOf(access, endpoint);
    const known = this.cache.get(key);
    if (!known) return this.hold(key, access, endpoint).secret;
    known.idleUntilMs = Infinity;
    if (this.clock.nowMs() >= known.renewAtMs) void this.renew(key, known, access, endpoint);
    return known.secret;
  }

  forget(access: Access, endpoint: Endpoint): void {
    this.cache.delete(keyOf(access, endpoint));
  }

  release({ runId }: Access): void {
    const idleUntilMs = this.clock.nowMs() + IDLE_MS;
    for (const held of this.cache.values()) if (held.runId === runId) held.idleUntilMs = idleUntilMs;
  }

  private hold(key: string, access: Access, endpoint: Endpoint): Held {
    const nowMs = this.clock.nowMs();
    const held: Held = {
      runId: access.runId,
      secret: this.ask(access, endpoint).then(({ secret, ttlMs }) => {
        this.allow(held, ttlMs);
        return secret;
      }),
      untilMs: nowMs + ASKING_MS,
      idleUntilMs: Infinity,
      renewAtMs: Infinity,
      resolvedAtMs: nowMs,
    };
    this.cache.set(key, held);
    this.sweeper ??= setInterval(() => this.dropExpired(), SWEEP_MS).unref();
    held.secret.catch(() => {
      if (this.cache.get(key) === held) this.cache.delete(key);
    });
    return held;
  }

  /** Asks while the secret is still good, so that nobody waits for the answer, and an outage does not end what goes well. */
  private async renew(key: string, held: Held, access: Access, endpoint: Endpoint): Promise<void> {
    held.renewAtMs = Infinity;
    try {
      const { secret, ttlMs } = await this.ask(access, endpoint);
      held.secret = Promise.resolve(secret);
      this.allow(held, ttlMs);
    } catch (error) {
      const { code } = toSmartantError(error);
      // The run is over, or not ours: whoever asks next hears it from the scheduler.
      if (code.startsWith('CREDENTIAL_') && this.cache.get(key) === held) this.cache.delete(key);
      const nowMs = this.clock.nowMs();
      held.renewAtMs = nowMs + RENEW_AGAIN_MS;
      const isBridged = KMS_CODES.has(code) && nowMs + OUTAGE_MS.step < held.resolvedAtMs + OUTAGE_MS.longest;
      if (isBridged) held.untilMs = Math.max(held.untilMs, nowMs + OUTAGE_MS.step);
    }
  }

  private allow(held: Held, ttlMs: number): void {
    const nowMs = this.clock.nowMs();
    held.resolvedAtMs = nowMs;
    held.untilMs = nowMs + ttlMs;
    held.renewAtMs = nowMs + (ttlMs * 2) / 3;
  }

  /** Not tied to one caller's signal: others wait for the same answer. The call has a deadline of its own. */
  private async ask(access: Access, endpoint: Endpoint): Promise<{ secret: StorageSecret; ttlMs: number }> {
    const answer = await this.rpc.resolve({ runId: access.runId, epoch: access.epoch, endpointId: endpoint.id });
    const ttlMs = answer.ttlSeconds * 1_000;
    const network = networkSecretFromProto(answer.network);
    if (answer.secret?.$case !== 's3') return { secret: { kind: 'none', network }, ttlMs };
    const { accessKeyId, secretAccessKey, sessionToken } = answer.secret.value;
    return { secret: { kind: 's3', accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined, network }, ttlMs };
  }

  private dropExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [key, { untilMs, idleUntilMs }] of this.cache) if (Math.min(untilMs, idleUntilMs) <= nowMs) this.cache.delete(key);
    if (this.cache.size > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}

function keyOf(access: Access, endpoint: Endpoint): string {
  return `${access.runId} ${access.epoch} ${endpoint.id}`;
}
