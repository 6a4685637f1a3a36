import type { ClassLimits, Permit } from './class-limits';
import { refusal, type RefusalReason } from './refusal';

interface Waiter {
  grant(permit: Permit): void;
  refuse(reason: RefusalReason): void;
}

/** What one caller holds. */
class Line {
  running = 0;
  readonly waiting: Waiter[] = [];
}

/** Shorter than anybody's patience: who asks for one thing after the other is slowed down and never refused. */
const LONGEST_REST_MS = 500;

const shrunk = (limit: number) => (limit > 1 ? Math.floor(limit * 0.7) || 1 : limit * 0.7);
const grown = (limit: number) => (limit >= 1 ? limit + Math.max(1, Math.floor(limit / 10)) : Math.min(1, limit + 0.1));

/**
 * The places of one class: a limit of running requests and a short queue, shared fairly. Callers take turns, whoever has the most waiting
 * makes room when the queue is full, and nobody holds more than the caller's share, so that one noisy caller costs the others little.
 */
export class FairSlots {
  private current: number;
  private running = 0;
  private waiting = 0;
  /** In the order of their turns. */
  private readonly lines = new Map<string, Line>();
  private wasFull = false;
  /** Until then nobody is let in: what a limit below 1 means. */
  private restUntilMs = 0;

  constructor(
    readonly name: string,
    private readonly limits: ClassLimits,
    private readonly onRefusal: (reason: RefusalReason) => void,
  ) {
    this.current = limits.most;
  }

  get state(): { limit: number; running: number; waiting: number } {
    return { limit: this.current, running: this.running, waiting: this.waiting };
  }

  /** Resolves when it is the caller's turn. Raises ADMISSION_OVERLOADED, ADMISSION_CALLER_LIMIT, or the signal's reason while waiting. */
  async enter(caller: string, signal?: AbortSignal): Promise<Permit> {
    signal?.throwIfAborted();
    const line = this.lines.get(caller) ?? new Line();
    if (this.hasRoom() && line.running < this.share(this.current)) return this.take(caller, line);
    this.wasFull = true;
    this.makeRoomFor(line);
    this.lines.set(caller, line);
    return this.wait(caller, line, signal);
  }

  /** One step of additive increase, multiplicative decrease: https://en.wikipedia.org/wiki/Additive_increase/multiplicative_decrease */
  adapt(delayMs: number): void {
    const { most, least, shrinkAboveDelayMs } = this.limits;
    if (shrinkAboveDelayMs !== null && delayMs > shrinkAboveDelayMs) this.current = Math.max(least, shrunk(this.current));
    // A limit that nobody reaches says nothing about what the process could take.
    else if (this.wasFull) this.current = Math.min(most, grown(this.current));
    this.dispatch();
    this.wasFull = this.waiting > 0;
  }

  /** Refuses all who wait. */
  close(): void {
    for (const line of this.lines.values()) for (const waiter of line.waiting.splice(0)) waiter.refuse('overload');
  }

  private share(places: number): number {
    return Math.max(1, Math.ceil(places * this.limits.callerShare));
  }

  private hasRoom(): boolean {
    return this.running < this.current && (this.current >= 1 || performance.now() >= this.restUntilMs);
  }

  private take(caller: string, line: Line): Permit {
    const startedMs = performance.now();
    this.running += 1;
    line.running += 1;
    // Behind everybody else: that was its turn.
    this.lines.delete(caller);
    this.lines.set(caller, line);
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        this.running -= 1;
        line.running -= 1;
        this.forgetIdle(caller, line);
        this.rest(performance.now() - startedMs);
        this.dispatch();
      },
    };
  }

  /** Returns when the newcomer may wait; else it, or a waiting request of the one who has the most, is refused. */
  private makeRoomFor(line: Line): void {
    const { queue } = this.limits;
    if (queue === 0) throw this.refused(line.running >= this.share(this.current) ? 'caller' : 'overload');
    if (line.waiting.length >= this.share(queue)) throw this.refused('caller');
    if (this.waiting < queue) return;
    const longest = [...this.lines.values()].reduce((one, other) => (other.waiting.length > one.waiting.length ? other : one), line);
    if (longest.waiting.length <= line.waiting.length + 1) throw this.refused('overload');
    longest.waiting.at(-1)?.refuse('caller');
  }

  private wait(caller: string, line: Line, signal: AbortSignal | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const leaveQueue = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        const place = line.waiting.indexOf(waiter);
        if (place >= 0) line.waiting.splice(place, 1);
        this.waiting -= 1;
        this.forgetIdle(caller, line);
      };
      const waiter: Waiter = {
        grant: (permit) => {
          leaveQueue();
          resolve(permit);
        },
        refuse: (reason) => {
          leaveQueue();
          reject(this.refused(reason));
        },
      };
      const onAbort = () => {
        leaveQueue();
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => waiter.refuse('overload'), this.limits.patienceMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      line.waiting.push(waiter);
      this.waiting += 1;
    });
  }

  private dispatch(): void {
    while (this.hasRoom() && this.waiting > 0) {
      const next = this.nextInTurn();
      if (!next) return;
      const waiter = next.line.waiting[0];
      waiter?.grant(this.take(next.caller, next.line));
    }
  }

  /** At a limit of a quarter, a request that took so long is followed by three times as long a pause. */
  private rest(tookMs: number): void {
    if (this.current >= 1) return;
    const pauseMs = Math.min(LONGEST_REST_MS, tookMs * (1 / this.current - 1));
    this.restUntilMs = performance.now() + pauseMs;
    setTimeout(() => this.dispatch(), pauseMs + 1).unref();
  }

  private nextInTurn(): { caller: string; line: Line } | undefined {
    for (const [caller, line] of this.lines) {
      if (line.waiting.length > 0 && line.running < this.share(this.current)) return { caller, line };
    }
    return undefined;
  }

  private forgetIdle(caller: string, line: Line): void {
    if (line.running === 0 && line.waiting.length === 0 && this.lines.get(caller) === line) this.lines.delete(caller);
  }

  private refused(reason: RefusalReason) {
    this.onRefusal(reason);
    return refusal(reason, this.name, this.limits.retryAfterMs);
  }
}
