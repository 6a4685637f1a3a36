import { toSmartantError, type SmartantError } from '@smartant/kernel';
import type { LimitStore } from './limit-store';
import { LimitedWork } from './limited-work';
import { ScopeShare } from './scope-share';

export interface SharedLimitsOptions {
  store: LimitStore;
  /** Names this process; never used again after it has ended. */
  workerId: string;
  /** Between two draws while limited work goes on. */
  drawMs?: number;
  /** How long a process's slots are kept for it without hearing of it. Longer than a shard's lease: by then its work has stopped. */
  leaseMs?: number;
  onError?: (error: SmartantError) => void;
}

const IDLE_DRAW_MS = 1_000;

/**
 * This process's part in limits that all replicas share: it draws tokens in advance and leases slots, for all scopes at once
 * in one statement five times a second at most (less often where many processes draw from one scope). No statement while
 * nothing is limited. While the database is away it uses what it was granted and then stops: it never exceeds a limit.
 */
export class SharedLimits {
  private readonly shares = new Map<string, ScopeShare>();
  private readonly works: LimitedWork[] = [];
  /** Scopes that were drawn from and are not used any more. */
  private readonly leaving = new Set<string>();
  private readonly drawMs: number;
  private readonly leaseMs: number;
  private draws = 0;
  private sharers = 1;
  private drawnAtMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private drawing: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: SharedLimitsOptions) {
    this.drawMs = options.drawMs ?? 200;
    this.leaseMs = options.leaseMs ?? 15_000;
  }

  /** For work that is charged to these scopes (see `scopeKey`), until it is closed. */
  open(scopes: readonly string[]): LimitedWork {
    for (const scope of scopes) {
      const share = this.shares.get(scope) ?? new ScopeShare(scope, this.leaseMs);
      this.shares.set(scope, share);
      share.users += 1;
      this.leaving.delete(scope);
    }
    const work = new LimitedWork(scopes, {
      share: (scope) => this.share(scope),
      wanted: () => this.wake(),
      closed: (ended, used) => this.forget(ended, used),
    });
    this.works.push(work);
    return work;
  }

  /** Gives everything back, so that others need not wait for the lease. Nothing may be taken or entered any more. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.drawing;
    const scopes = [...this.shares.keys(), ...this.leaving];
    if (this.draws === 0 || scopes.length === 0) return;
    await this.options.store.leave(this.options.workerId, scopes).catch((error: unknown) => this.failed(error));
  }

  private share(scope: string): ScopeShare {
    const share = this.shares.get(scope);
    if (!share) throw new TypeError(`scope ${scope} is not open`);
    return share;
  }

  private forget(work: LimitedWork, scopes: readonly string[]): void {
    const at = this.works.indexOf(work);
    if (at < 0) return;
    this.works.splice(at, 1);
    for (const scope of scopes) {
      const share = this.share(scope);
      share.users -= 1;
      if (share.users > 0) continue;
      this.shares.delete(scope);
      if (share.isLimited) this.leaving.add(scope);
    }
    this.wake();
  }

  /** The next draw comes as soon as its pace allows. */
  private wake(): void {
    if (this.closed || this.drawing) return;
    clearTimeout(this.timer);
    const limited = [...this.shares.values()].filter((share) => share.isLimited);
    if (limited.length === 0 && this.leaving.size === 0) return;
    const paceMs = limited.some((share) => share.isBusy) || this.leaving.size > 0 ? this.paceMs : IDLE_DRAW_MS;
    const dueInMs = Math.max(0, this.drawnAtMs + paceMs - performance.now());
    this.timer = setTimeout(() => {
      this.drawing = this.draw().finally(() => {
        this.drawing = null;
        this.wake();
      });
    }, dueInMs);
    this.timer.unref();
  }

  /** A scope's row is locked by one draw at a time: a hundred processes draw from it fifty times a second together. */
  private get paceMs(): number {
    return Math.max(this.drawMs, this.sharers * 20);
  }

  private async draw(): Promise<void> {
    const sentAtMs = performance.now();
    const sinceMs = Math.min(sentAtMs - this.drawnAtMs, IDLE_DRAW_MS);
    this.drawnAtMs = sentAtMs;
    const drawn = [...this.shares.values()].filter((share) => share.isLimited);
    const asks = drawn.map((share) => share.ask(sinceMs));
    const left = [...this.leaving];
    try {
      this.draws += 1;
      const grants = await this.options.store.draw(this.options.workerId, this.draws, asks, this.leaseMs);
      this.sharers = Math.max(1, ...grants.map((grant) => grant.sharers));
      for (const share of drawn) {
        const grant = grants.find(({ scope }) => scope === share.scope);
        if (grant) share.granted(grant, sentAtMs);
        else share.forgotten();
      }
      if (left.length > 0) await this.leave(left);
    } catch (error) {
      this.failed(error);
    }
    this.serve();
  }

  private async leave(scopes: string[]): Promise<void> {
    const unused = scopes.filter((scope) => !this.shares.has(scope));
    await this.options.store.leave(this.options.workerId, unused);
    for (const scope of unused) this.leaving.delete(scope);
  }

  /** Each time another one first, so that runs share evenly what this process got. */
  private serve(): void {
    const first = this.works.shift();
    if (first) this.works.push(first);
    for (const work of [...this.works]) work.serve();
  }

  private failed(error: unknown): void {
    this.options.onError?.(toSmartantError(error));
  }
}
