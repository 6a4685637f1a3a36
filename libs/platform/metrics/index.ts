import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The process's metrics, with Node's own (`process_*`, `nodejs_*`). Served at `/metrics` by the admin server. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });

/** Metric names start with `smartant_` and end in their unit (`_seconds`, `_bytes`, `_total`). */
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

/** The histogram of that name; the same one when asked for twice. Default buckets suit durations in seconds. */
export function histogram<Label extends string>(
  name: MetricName,
  help: string,
  labels: readonly Label[] = [],
  buckets: readonly number[] = DEFAULT_BUCKETS_SECONDS,
): Histogram<Label> {
  return (
    existing<Histogram<Label>>(name) ?? new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
  );
}

function existing<Metric>(name: MetricName): Metric | undefined {
  return registry.getSingleMetric(name) as Metric | undefined;
}
