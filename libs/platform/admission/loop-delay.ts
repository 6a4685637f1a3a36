import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const NANOSECONDS_PER_MS = 1_000_000;

/** How late this process's event loop is: what every callback waits before it runs. */
export class LoopDelay {
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.histogram.enable();
  }

  stop(): void {
    this.histogram.disable();
  }

  /** The mean delay since the last call, in milliseconds. The histogram holds times between ticks, so their usual distance is taken off. */
  takeMs(): number {
    const meanMs = this.histogram.count > 0 ? this.histogram.mean / NANOSECONDS_PER_MS : 0;
    this.histogram.reset();
    return Math.max(0, meanMs - RESOLUTION_MS);
  }
}
