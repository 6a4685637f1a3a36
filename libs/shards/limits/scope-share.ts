import { Gate } from '../gate';
import type { LimitAsk, LimitGrant } from './limit-store';
import { isLimited, NO_LIMITS, type Limits, type ScopedLimits } from './limits';

export const RESOURCES = ['bytes', 'requests'] as const;
export type Resource = (typeof RESOURCES)[number];

/** Tokens that were granted are dropped when they were not used within this: a process that slept has no claim on them. */
const TOKENS_LAST_MS = 2_000;
/** Without an answer for this long, nothing more begins: by the time the lease runs out, what began has long been stopped. */
const SLOTS_LAST_PART_OF_LEASE = 1 / 3;
/** Demand is the most of this many last draws, so that a gap between two objects doesn't give a slot away. */
const DEMANDS_KEPT = 5;

/**
 * What this process has been granted of one scope. All scopes of a run have one, limited or not, so that what is under way
 * is known when a limit comes.
 */
export class ScopeShare {
  /** Runs of this process that are charged to it. */
  users = 0;
  readonly gate: Gate;
  /** Tokens that queued demands still lack. */
  readonly lacking: Record<Resource, number> = { bytes: 0, requests: 0 };
  private limits: Limits = NO_LIMITS;
  private version = -1;
  private readonly tokens: Record<Resource, number> = { bytes: 0, requests: 0 };
  private readonly used: Record<Resource, number> = { bytes: 0, requests: 0 };
  private grantedAtMs = 0;
  private slotsUntilMs = 0;
  private slots = 0;
  private demands: number[] = [];

  constructor(
    readonly scope: string,
    private readonly leaseMs: number,
  ) {
    this.gate = new Gate(Infinity, () => this.limits.concurrency === 0 || performance.now() < this.slotsUntilMs);
  }

  get isLimited(): boolean {
    return isLimited(this.limits);
  }

  rateOf(resource: Resource): number {
    return resource === 'bytes' ? this.limits.bytesPerSecond : this.limits.requestsPerSecond;
  }

  /** True when somebody waits for what only a draw can bring. */
  get isWaitedFor(): boolean {
    return this.lacking.bytes > 0 || this.lacking.requests > 0 || (this.limits.concurrency > 0 && this.gate.waiting > 0);
  }

  /** True when something was charged or is under way since the last draw. */
  get isBusy(): boolean {
    return (
      this.isWaitedFor || this.gate.inUse > 0 || this.used.bytes > 0 || this.used.requests > 0 || this.demands.some((demand) => demand > 0)
    );
  }

  /** The limits that came with a run; an older word changes nothing. */
  hear({ version, limits }: ScopedLimits): void {
    if (version < this.version) return;
    this.version = version;
    this.limits = limits;
    this.gate.setLimit(limits.concurrency === 0 ? Infinity : Math.min(this.slots, limits.concurrency));
  }

  /** Takes up to `amount` of a resource; all of it where that is not limited. */
  take(resource: Resource, amount: number): number {
    if (this.rateOf(resource) === 0) return amount;
    if (performance.now() - this.grantedAtMs > TOKENS_LAST_MS) this.tokens[resource] = 0;
    const taken = Math.min(amount, Math.max(0, this.tokens[resource]));
    this.tokens[resource] -= taken;
    this.used[resource] += taken;
    return taken;
  }

  giveBack(resource: Resource, amount: number): void {
    if (this.rateOf(resource) > 0) this.tokens[resource] += amount;
  }

  /** What the next draw asks for: what is lacking, and as much in advance as was used since the last one, and half again. */
  ask(sinceMs: number): LimitAsk {
    const { inUse, waiting } = this.gate;
    if (performance.now() >= this.slotsUntilMs && this.limits.concurrency > 0) this.gate.setLimit(0);
    this.demands = [...this.demands, inUse + waiting].slice(-DEMANDS_KEPT);
    const holds = Math.max(inUse, Number.isFinite(this.gate.limit) ? this.gate.limit : 0);
    return {
      scope: this.scope,
      bytes: this.want('bytes', sinceMs),
      requests: this.want('requests', sinceMs),
      holds,
      demand: Math.max(...this.demands),
    };
  }

  /** The answer to an ask that was sent at this time (`performance.now()`). */
  granted(grant: LimitGrant, sentAtMs: number): void {
    const { version, bytesPerSecond, requestsPerSecond, concurrency } = grant;
    if (version >= this.version) {
      this.version = version;
      this.limits = { bytesPerSecond, requestsPerSecond, concurrency };
    }
    for (const resource of RESOURCES) this.tokens[resource] += Math.max(0, grant[resource]);
    this.grantedAtMs = performance.now();
    this.slotsUntilMs = sentAtMs + this.leaseMs * SLOTS_LAST_PART_OF_LEASE;
    this.slots = Math.min(grant.slots, grant.slotsDue);
    this.gate.setLimit(this.limits.concurrency === 0 ? Infinity : this.slots);
  }

  /** The scope is not known any more: nothing limits it. */
  forgotten(): void {
    this.limits = NO_LIMITS;
    this.gate.setLimit(Infinity);
  }

  private want(resource: Resource, sinceMs: number): number {
    const perSecond = this.rateOf(resource);
    if (perSecond === 0) return 0;
    const inAdvance = Math.min(this.used[resource] * 1.5, (perSecond * Math.max(sinceMs, 200)) / 1_000);
    this.used[resource] = 0;
    const want = this.lacking[resource] + inAdvance - this.tokens[resource];
    // Given back now, not when the answer comes: else they could be used meanwhile.
    if (want < 0) this.tokens[resource] += want;
    return want;
  }
}
