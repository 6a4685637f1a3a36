import { performance } from 'node:perf_hooks';
import { Counter, type Registry } from 'prom-client';

/**
 * How busy the event loop is, beside prom-client's own `nodejs_eventloop_lag_*`. Seconds at work since the process began, so that any number
 * of scrapers may take a rate of it: a ratio that each reading resets would be wrong for all but one.
 */
export function watchEventLoop(registry: Registry): void {
  let told = 0;
  new Counter({
    name: 'smartant_event_loop_active_seconds_total',
    help: 'Time that the event loop was at work; its rate is the utilisation of the loop.',
    registers: [registry],
    collect() {
      const active = performance.eventLoopUtilization().active / 1_000;
      this.inc(Math.max(0, active - told));
      told = active;
    },
  });
}
