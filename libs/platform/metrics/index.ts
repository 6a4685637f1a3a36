import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { watchEventLoop } from './event-loop';
import { keepTraceExemplars } from './trace-exemplars';

export type { Counter, Gauge, Histogram, Registry } from 'prom-client';
export { renderMetrics, type MetricsText } from './render-metrics';

/** The process's metrics, with Node's own (`process_*`, `nodejs_*`). Served at `/metrics` by the admin server. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });
watchEventLoop(registry);

/**
 * Metric names start with `smartant_` and end in their unit (`_seconds`, `_bytes`, `_total`). Labels have few values, known beforehand: no
 * name of an object, table, host or user. `docs/metrics.md` lists all of them, generated from the calls below; a test of the running platform
 * holds the values to their bounds.
 */
export type MetricName = `smartant_${string}`;

/** The counter of that name; the same one when asked for twice. Its name ends in `_total`. */
export function counter<Label extends string>(name: MetricName, help: string, labels: readonly Label[] = []): Counter<Label> {
  return existing<Counter<Label>>(name) ?? new Counter({ name, help, labelNames: labels, registers: [registry] });
}

/** The gauge of that name; the same one when asked for twice. */
export function gauge<Label extends string>(name: MetricName, help: string, labels: readonly Label[] = []): Gauge<Label> {
  return existing<Gauge<Label>>(name) ?? new Gauge({ name, help, labelNames: labels, registers: [registry] });
}

const DEFAULT_BUCKETS_SECONDS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The histogram of that name; the same one when asked for twice. Default buckets suit durations in seconds. Each bucket keeps the trace of
 * what fell into it last (an exemplar).
 */
export function histogram<Label extends string>(
  name: MetricName,
  help: string,
  labels: readonly Label[] = [],
  buckets: readonly number[] = DEFAULT_BUCKETS_SECONDS,
): Histogram<Label> {
  const known = existing<Histogram<Label>>(name);
  if (known) return known;
  // Registered by hand: prom-client takes a histogram with exemplars into a registry of OpenMetrics only, see `renderMetrics`.
  const made = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], enableExemplars: true, registers: [] });
  registry.registerMetric(keepTraceExemplars(made));
  return made;
}

function existing<Metric>(name: MetricName): Metric | undefined {
  return registry.getSingleMetric(name) as Metric | undefined;
}
