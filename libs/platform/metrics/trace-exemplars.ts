import { isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Histogram, LabelValues } from 'prom-client';

/** The label of an exemplar that Grafana's Prometheus data source looks for (`exemplarTraceIdDestinations`). */
const TRACE_ID = 'trace_id';

type Labels = Partial<Record<string, string | number>>;
interface WithExemplar {
  observe(observation: { labels: Labels; value: number; exemplarLabels: Record<string, string> }): void;
}

/**
 * Has each bucket of a histogram remember the trace of what fell into it last, so that a slow bucket leads to a slow trace. Only of traces
 * that are recorded: one that nobody kept leads nowhere. Calls stay as they are without exemplars, which is why `observe` and `startTimer`
 * are replaced: prom-client's own take an object once exemplars are enabled.
 */
export function keepTraceExemplars<Label extends string>(histogram: Histogram<Label>): Histogram<Label> {
  const { observe } = histogram as unknown as WithExemplar;
  const record = (labels: Labels, value: number, traceId = recordedTraceId()): void =>
    observe.call(histogram as unknown as WithExemplar, {
      labels,
      value,
      exemplarLabels: traceId === undefined ? {} : { [TRACE_ID]: traceId },
    });
  return Object.assign(histogram, {
    observe: (labels: LabelValues<Label> | number, value?: number): void =>
      typeof labels === 'number' ? record({}, labels) : record(labels, value ?? Number.NaN),
    startTimer: (begun: LabelValues<Label> = {}) => {
      const startedAtMs = performance.now();
      // What ends it may be a callback of a socket, outside of any span.
      const traceId = recordedTraceId();
      return (ended: LabelValues<Label> = {}): number => {
        const seconds = (performance.now() - startedAtMs) / 1_000;
        record({ ...begun, ...ended }, seconds, traceId ?? recordedTraceId());
        return seconds;
      };
    },
  });
}

function recordedTraceId(): string | undefined {
  const context = trace.getActiveSpan()?.spanContext();
  return context && isSpanContextValid(context) && (context.traceFlags & TraceFlags.SAMPLED) !== 0 ? context.traceId : undefined;
}
