import type { NetworkSecret } from '@smartant/connectors';
import type { credentialV1 } from '@smartant/contracts';
import { systemClock, toSmartantError, type Clock } from '@smartant/kernel';
import type { RpcClient } from '@smartant/platform/grpc';
import type { Access, Endpoint } from '../../run';
import type { SecretSource } from '../../secrets';
import { networkSecretFromProto } from '../grpc/network-from-proto';

export type CredentialRpc = Pick<RpcClient<typeof credentialV1.CredentialServiceClient.service>, 'resolve'>;

/** How one kind of migrator reads the scheduler's answer. */
export interface SecretKind<Secret> {
  /** What an endpoint is opened with that has no secret; undefined for one that is to be asked for. */
  without(endpoint: Endpoint): Secret | undefined;
  from(answer: credentialV1.ResolveResponse, network: NetworkSecret | undefined): Secret;
}

interface Held<Secret> {
  runId: string;
  secret: Promise<Secret>;
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
export class ResolvedSecrets<Secret> implements SecretSource<Secret> {
  private readonly cache = new Map<string, Held<Secret>>();
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly rpc: CredentialRpc,
    private readonly kind: SecretKind<Secret>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** How many are in memory. */
  get held(): number {
    return this.cache.size;
  }

  async resolve(access: Access, endpoint: Endpoint, signal: AbortSignal): Promise<Secret> {
    const none = this.kind.without(endpoint);
    if (none !== undefined) return none;
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

  private hold(key: string, access: Access, endpoint: Endpoint): Held<Secret> {
    const nowMs = this.clock.nowMs();
    const held: Held<Secret> = {
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
  private async renew(key: string, held: Held<Secret>, access: Access, endpoint: Endpoint): Promise<void> {
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

  private allow(held: Held<Secret>, ttlMs: number): void {
    const nowMs = this.clock.nowMs();
    held.resolvedAtMs = nowMs;
    held.untilMs = nowMs + ttlMs;
    held.renewAtMs = nowMs + (ttlMs * 2) / 3;
  }

  /** Not tied to one caller's signal: others wait for the same answer. The call has a deadline of its own. */
  private async ask(access: Access, endpoint: Endpoint): Promise<{ secret: Secret; ttlMs: number }> {
    const answer = await this.rpc.resolve({ runId: access.runId, epoch: access.epoch, endpointId: endpoint.id });
    return { secret: this.kind.from(answer, networkSecretFromProto(answer.network)), ttlMs: answer.ttlSeconds * 1_000 };
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
