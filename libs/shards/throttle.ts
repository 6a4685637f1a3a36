import { systemClock, type Clock } from '@smartant/kernel';

export interface Rates {
  /** 0: no limit. */
  bytesPerSecond: number;
  /** 0: no limit. */
  requestsPerSecond: number;
}

interface Demand {
  bytes: number;
  requests: number;
  go: () => void;
}

/**
 * Token buckets for bytes and requests, shared by everything that works for one migration in this process. First come,
 * first served. A demand larger than a second's worth is let through when the bucket is not in debt, and what it
 * overdrew is waited for by the next one: so a 16 MiB part passes a limit of 1 MiB/s, and the average holds.
 */
export class Throttle {
  private readonly queue: Demand[] = [];
  private bytes: Bucket;
  private requests: Bucket;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    rates: Rates,
    private readonly clock: Clock = systemClock,
  ) {
    this.bytes = new Bucket(rates.bytesPerSecond, clock.nowMs());
    this.requests = new Bucket(rates.requestsPerSecond, clock.nowMs());
  }

  /** Changes the rates at once, also for those that wait. */
  setRates(rates: Rates): void {
    const now = this.clock.nowMs();
    if (rates.bytesPerSecond !== this.bytes.perSecond) this.bytes = new Bucket(rates.bytesPerSecond, now);
    if (rates.requestsPerSecond !== this.requests.perSecond) this.requests = new Bucket(rates.requestsPerSecond, now);
    this.serve();
  }

  /** Waits until the limits allow it. Rejects with the signal's reason. */
  async take(demand: { bytes: number; requests: number }, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.queue.length === 0 && this.waitMs() <= 0) {
      this.draw(demand);
      return;
    }
    await this.wait(demand, signal);
  }

  private wait(demand: { bytes: number; requests: number }, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Demand = {
        ...demand,
        go: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = (): void => {
        this.queue.splice(this.queue.indexOf(entry), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.queue.push(entry);
      this.serve();
    });
  }

  private serve(): void {
    clearTimeout(this.timer);
    while (this.queue.length > 0) {
      const waitMs = this.waitMs();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.serve(), Math.min(Math.ceil(waitMs), 1_000));
        return;
      }
      const next = this.queue.shift();
      if (!next) return;
      this.draw(next);
      next.go();
    }
  }

  private waitMs(): number {
    const now = this.clock.nowMs();
    return Math.max(this.bytes.waitMs(now), this.requests.waitMs(now));
  }

  private draw(demand: { bytes: number; requests: number }): void {
    this.bytes.draw(demand.bytes);
    this.requests.draw(demand.requests);
  }
}

/** Fills at `perSecond` up to a quarter second's worth; may be overdrawn. */
class Bucket {
  private tokens: number;

  constructor(
    readonly perSecond: number,
    private filledAtMs: number,
  ) {
    this.tokens = this.burst;
  }

  /** Milliseconds until it holds something; 0 or less: now. */
  waitMs(nowMs: number): number {
    if (this.perSecond <= 0) return 0;
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, nowMs - this.filledAtMs) / 1_000) * this.perSecond);
    this.filledAtMs = nowMs;
    return this.tokens > 0 ? 0 : Math.max(1, (-this.tokens / this.perSecond) * 1_000);
  }

  draw(amount: number): void {
    if (this.perSecond > 0) this.tokens -= amount;
  }

  private get burst(): number {
    return Math.max(this.perSecond / 4, 1);
  }
}
