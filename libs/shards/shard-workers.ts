import { newId, toSmartantError, type SmartantError } from '@smartant/kernel';
import { HeldShard } from './held-shard';
import { RunNews, type RunNewsOptions } from './run-news';
import type { RunSignal } from './shard';
import type { ShardStore } from './shard-store';

export interface ShardWorkersOptions {
  store: ShardStore;
  /**
   * Works on a shard until it is completed or the signal aborts. What it throws while the signal is not aborted puts the
   * shard back with a backoff.
   */
  handle: (shard: HeldShard) => Promise<void>;
  /** Shards held at once by this process. */
  slots: number;
  /**
   * Called instead of `handle` for a shard that `maxTakeovers` holders in a row have let go without a checkpoint: it ends
   * the run, in the shard's name, because the shard kills whoever works on it.
   */
  onPoisoned?: (shard: HeldShard) => Promise<void>;
  /** 10 when absent. */
  maxTakeovers?: number;
  /** For LISTEN: changes to runs are then heard at once, not only when they are looked at. */
  openSession?: RunNewsOptions['openSession'];
  /** How long finished shards of ended runs are kept; 7 days when absent. */
  retentionMs?: number;
  /** How often to look for work when there is none. */
  pollMs?: number;
  /** How often runs are watched for pauses and changed settings. */
  watchMs?: number;
  /** State, settings and worker count of the runs held here, as they are heard. */
  onRunSignal?: (signal: RunSignal) => void;
  /** How long handlers may take, once the process stops, to end what is in flight; 5 s when absent. */
  windDownMs?: number;
  /** How long a shard is held before idle workers are offered, and how long between two offers; 5 s when absent. */
  splitEveryMs?: number;
  /** A shard was claimed, for metrics. */
  onClaim?: (shard: HeldShard) => void;
  /** A failure of the pool itself (the database is down), or of a handler. */
  onError?: (error: SmartantError, shard?: HeldShard) => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const MAX_TAKEOVERS = 10;
/** Longer than almost every request to a store, and short beside the 25 s in which a service has to be gone. */
const WIND_DOWN_MS = 5_000;
const RETENTION_MS = 7 * 24 * 3_600_000;
const SWEEP_EVERY_MS = 60_000;

/** Milliseconds to wait before attempt `attempts + 1`: doubles up to 15 s, with jitter. */
export function shardRetryDelayMs(attempts: number): number {
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 10));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

/** A process's pool of workers: claims shards, keeps their leases, and stops their handlers when a lease is gone. */
export class ShardWorkers {
  readonly workerId = newId('wrk');
  private readonly held = new Map<HeldShard, Promise<void>>();
  /** Waits under way, by the function that ends them; true where work that turns up ends them too. */
  private readonly pauses = new Map<() => void, boolean>();
  private running = false;
  private woken = false;
  private loops: Promise<void>[] = [];
  private readonly news: RunNews | undefined;
  private sweepAtMs = 0;

  constructor(private readonly options: ShardWorkersOptions) {
    const { openSession, onError } = options;
    if (openSession) this.news = new RunNews({ openSession, hear: (runId) => this.hear(runId), onError: (error) => onError?.(error) });
  }

  /** Shards that are held now, and how many may be. */
  get load(): { held: number; slots: number } {
    return { held: this.held.size, slots: this.options.slots };
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.news?.open();
    this.loops = [this.claimLoop(), this.keepLoop()];
  }

  /** Looks for work at once, for example because a run was just started here. */
  poke(): void {
    this.wake();
  }

  /** Stops what is held of a run in this process without waiting for the next look at its state. */
  pauseHere(runId: string): void {
    for (const shard of this.held.keys()) if (shard.claim.runId === runId) shard.handBack('paused');
  }

  /** As `pauseHere`, for a run that has ended. */
  endHere(runId: string): void {
    for (const shard of this.held.keys()) if (shard.claim.runId === runId) shard.lose();
  }

  /** The database is another incarnation: nothing that was claimed in the one before is held any more. */
  loseAll(): void {
    for (const shard of this.held.keys()) shard.lose();
  }

  /** Graceful: claims nothing more, lets handlers end what is in flight or aborts them, waits for them and hands their shards back. */
  async stop(): Promise<void> {
    this.running = false;
    for (const shard of this.held.keys()) shard.windDown(this.options.windDownMs ?? WIND_DOWN_MS);
    this.wake();
    await Promise.allSettled(this.held.values());
    for (const end of this.pauses.keys()) end();
    await Promise.all(this.loops);
    await this.news?.close();
    await this.options.store.leave(this.workerId).catch(() => undefined);
  }

  private async claimLoop(): Promise<void> {
    while (this.running) {
      this.woken = false;
      const claimed = this.held.size < this.options.slots && (await this.claimMore());
      // What turned up while it looked may have come too late to be found.
      if (!claimed && !this.woken && this.running) await this.pause(this.options.pollMs ?? 500);
    }
  }

  private async claimMore(): Promise<boolean> {
    const askedAtMs = performance.now();
    try {
      const claims = await this.options.store.claim(this.workerId, this.options.slots - this.held.size);
      for (const claim of claims) {
        const shard = new HeldShard(claim, this.options.store, askedAtMs);
        this.held.set(shard, this.work(shard));
        if (!this.running) shard.handBack('stopping');
      }
      return claims.length > 0;
    } catch (error) {
      this.options.onError?.(toSmartantError(error));
      return false;
    }
  }

  private async work(shard: HeldShard): Promise<void> {
    try {
      this.options.onClaim?.(shard);
      await this.handle(shard);
    } catch (error) {
      if (!shard.signal.aborted) await this.putBack(shard, toSmartantError(error));
    }
    try {
      if (!shard.isSettled) await (shard.isLost ? shard.giveUp() : shard.release());
    } catch (error) {
      if (!shard.isLost) this.options.onError?.(toSmartantError(error), shard);
    }
    this.held.delete(shard);
    this.wake();
  }

  private handle(shard: HeldShard): Promise<void> {
    const { handle, onPoisoned, maxTakeovers = MAX_TAKEOVERS } = this.options;
    return onPoisoned && shard.claim.takeovers > maxTakeovers ? onPoisoned(shard) : handle(shard);
  }

  private async putBack(shard: HeldShard, error: SmartantError): Promise<void> {
    this.options.onError?.(error, shard);
    if (shard.isSettled) return;
    try {
      await shard.fail({ code: error.code, message: error.message, hint: error.hint }, shardRetryDelayMs(shard.claim.attempts));
    } catch (failure) {
      if (!shard.isLost) this.options.onError?.(toSmartantError(failure), shard);
      // Its lease runs out by itself when the database can't be told.
      shard.lose();
    }
  }

  private async keepLoop(): Promise<void> {
    const renewMs = this.options.store.leaseMs / 3;
    const watchMs = Math.min(this.options.watchMs ?? 1_000, renewMs);
    let renewAtMs = 0;
    while (this.running || this.held.size > 0) {
      await this.pause(watchMs, false);
      const shards = [...this.held.keys()].filter((shard) => !shard.isSettled && !shard.isLost);
      const nowMs = performance.now();
      try {
        if (this.running) await this.options.store.beat(this.workerId, this.options.slots, this.held.size);
        await this.sweep(nowMs);
        if (shards.length === 0) continue;
        if (nowMs >= renewAtMs) {
          renewAtMs = nowMs + renewMs - watchMs / 2;
          await this.renew(shards, nowMs);
        }
        await this.watch(shards);
      } catch (error) {
        renewAtMs = 0;
        this.options.onError?.(toSmartantError(error));
      }
    }
  }

  /** Some of what is long over, now and then; every replica takes another run. */
  private async sweep(nowMs: number): Promise<void> {
    if (nowMs < this.sweepAtMs) return;
    const removed = await this.options.store.sweep(this.options.retentionMs ?? RETENTION_MS);
    this.sweepAtMs = removed > 0 ? nowMs : nowMs + SWEEP_EVERY_MS;
  }

  /** A replica has changed a run, or given it more to do. */
  private hear(runId: string): void {
    if (!this.running) return;
    this.wake();
    const shards = [...this.held.keys()].filter((shard) => shard.claim.runId === runId && !shard.isSettled && !shard.isLost);
    if (shards.length > 0) this.watch(shards).catch((error: unknown) => this.options.onError?.(toSmartantError(error)));
  }

  private async renew(shards: HeldShard[], sentAtMs: number): Promise<void> {
    const stillHeld = await this.options.store.renew(shards.map((shard) => shard.claim));
    for (const shard of shards) {
      if (stillHeld.has(shard.claim.shardId)) shard.renewed(sentAtMs);
      else if (!shard.isSettled) shard.lose();
    }
  }

  private async watch(shards: HeldShard[]): Promise<void> {
    const runIds = [...new Set(shards.map((shard) => shard.claim.runId))];
    const signals = await this.options.store.watch(runIds);
    for (const signal of signals) {
      this.options.onRunSignal?.(signal);
      const ofRun = shards.filter((shard) => shard.claim.runId === signal.runId);
      for (const shard of ofRun) shard.hear(signal);
      // The longest held go first: a Map keeps the order in which they were claimed.
      ofRun.forEach((shard, index) => shard.offerHelp(index < signal.idleSlots, this.options.splitEveryMs ?? 5_000));
    }
  }

  private wake(): void {
    this.woken = true;
    for (const [end, wakeable] of this.pauses) if (wakeable) end();
  }

  /** Waits; `wake` cuts it short where it is wakeable. */
  private pause(ms: number, wakeable = true): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.pauses.set(end, wakeable);
    });
  }
}
