import type { ServerResponse } from 'node:http';

const WINDOW_MS = 1_000;
/** Refusals in one window that anybody may get at once: a page with a few requests at the same time, a client that tries again too early. */
const AT_ONCE = 10;
const HOLD_MS = 1_000;
/** Each costs a socket and a timer. Beyond that, refusals go out at once again. */
const MOST_HELD = 2_000;

/**
 * Holds back the refusals of callers who ask on and on without keeping the pause that they were told. To refuse takes little, but not
 * nothing: thousands a second would still slow everybody down. A client that waits for its answer on each of its connections cannot send
 * more than one request a second on each.
 */
export class SlowRefusals {
  private counts = new Map<string, number>();
  private windowMs = 0;
  private held = 0;

  constructor(private readonly holdMs = HOLD_MS) {}

  /** How many are held back now. */
  get size(): number {
    return this.held;
  }

  /** Runs `answer`, now or in a second; not at all when the client leaves before. */
  refuse(caller: string, response: Pick<ServerResponse, 'once' | 'off'>, answer: () => void): void {
    const nowMs = performance.now();
    if (nowMs - this.windowMs > WINDOW_MS) {
      this.counts = new Map();
      this.windowMs = nowMs;
    }
    const count = (this.counts.get(caller) ?? 0) + 1;
    this.counts.set(caller, count);
    if (count <= AT_ONCE || this.held >= MOST_HELD) return answer();
    this.held += 1;
    const end = () => {
      clearTimeout(timer);
      response.off('close', end);
      this.held -= 1;
    };
    const timer = setTimeout(() => {
      end();
      answer();
    }, this.holdMs);
    response.once('close', end);
  }
}
