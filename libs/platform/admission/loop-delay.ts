const EVERY_MS = 20;

/**
 * How late this process's event loop is: what a callback waits before it runs. Measured by a timer's lateness. The histogram of
 * `perf_hooks` was tried first: read and reset by a timer of the same loop, it was often empty when the loop was at its latest.
 */
export class LoopDelay {
  private timer: NodeJS.Timeout | undefined;
  private lastMs = 0;
  private lateMs = 0;
  private times = 0;

  start(): void {
    this.lastMs = performance.now();
    this.timer = setInterval(() => this.note(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The mean since the last call, in milliseconds. */
  takeMs(): number {
    // What is late now counts before its timer has fired.
    const overdueMs = Math.max(0, performance.now() - this.lastMs - EVERY_MS);
    const meanMs = this.times > 0 ? this.lateMs / this.times : 0;
    this.lateMs = 0;
    this.times = 0;
    return Math.max(meanMs, overdueMs);
  }

  private note(): void {
    const nowMs = performance.now();
    this.lateMs += Math.max(0, nowMs - this.lastMs - EVERY_MS);
    this.times += 1;
    this.lastMs = nowMs;
  }
}
