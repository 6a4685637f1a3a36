import { createHash } from 'node:crypto';
import { context, SpanStatusCode, trace, TraceFlags, type SpanContext } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import type { SpanAttributes } from './spans';
import { ALWAYS_RECORDED } from './unit-sampler';

/** A span whose beginning and end are already known. */
export interface KnownSpan {
  name: string;
  attributes: SpanAttributes;
  startedAt: Date;
  finishedAt: Date;
  failed?: boolean;
}

let chosen: SpanContext | undefined;

/** Random ids, but for the root that `recordDerivedRoot` makes: spans are begun synchronously. */
export class ChosenIds implements tracing.IdGenerator {
  private readonly random = new tracing.RandomIdGenerator();
  readonly generateTraceId = (): string => chosen?.traceId ?? this.random.generateTraceId();
  readonly generateSpanId = (): string => chosen?.spanId ?? this.random.generateSpanId();
}

/** The same for the same text in every process: replicas need not ask each other which trace something belongs to. */
function derivedContext(seed: string): SpanContext {
  const digest = createHash('sha256').update(`smartant trace\n${seed}`).digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48), traceFlags: TraceFlags.SAMPLED };
}

/** As `traceparent`, for what belongs below the root of a seed. */
export function derivedTrace(seed: string): Record<string, string> {
  const { traceId, spanId } = derivedContext(seed);
  return { traceparent: `00-${traceId}-${spanId}-01` };
}

/** Makes the root of `derivedTrace(seed)`, linked to the trace of the caller. Once: a second one with the same ids would double it. */
export function recordDerivedRoot(seed: string, { name, attributes, startedAt, finishedAt }: KnownSpan): void {
  const origin = trace.getActiveSpan()?.spanContext() ?? trace.getSpanContext(context.active());
  chosen = derivedContext(seed);
  try {
    tracer()
      .startSpan(name, {
        root: true,
        startTime: startedAt,
        attributes: { ...attributes, ...(origin ? { 'smartant.origin_trace': origin.traceId } : {}), [ALWAYS_RECORDED]: true },
        links: origin ? [{ context: origin }] : [],
      })
      .end(finishedAt);
  } finally {
    chosen = undefined;
  }
}

/** Records, as part of the caller's trace, what has ended, whatever was decided about the spans around it. */
export function recordKnownSpan({ name, attributes, startedAt, finishedAt, failed = false }: KnownSpan): void {
  const span = tracer().startSpan(name, { startTime: startedAt, attributes: { ...attributes, [ALWAYS_RECORDED]: true } });
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(finishedAt);
}

const tracer = () => trace.getTracer('smartant');
