import { createHash } from 'node:crypto';
import { context, ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Link, type SpanContext } from '@opentelemetry/api';
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

/** Random ids, but for a root whose ids are chosen: spans are begun synchronously. */
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
export function recordDerivedRoot(seed: string, { attributes, ...span }: KnownSpan): void {
  const origin = trace.getActiveSpan()?.spanContext() ?? trace.getSpanContext(context.active());
  const originTrace: SpanAttributes = origin ? { 'smartant.origin_trace': origin.traceId } : {};
  recordRoot(derivedContext(seed), { ...span, attributes: { ...attributes, ...originTrace } }, origin ? [{ context: origin }] : []);
}

/**
 * Makes the root span that a client without a collector of its own, such as a browser, has begun and told of afterwards. `ids` are those that
 * it sent as `traceparent`: 32 and 16 hexadecimal digits.
 */
export function recordClientRoot(ids: { traceId: string; spanId: string }, span: KnownSpan): void {
  recordRoot({ ...ids, traceFlags: TraceFlags.SAMPLED }, span, []);
}

function recordRoot(ids: SpanContext, { name, attributes, startedAt, finishedAt, failed = false }: KnownSpan, links: Link[]): void {
  chosen = ids;
  try {
    const root = { startTime: startedAt, attributes: { ...attributes, [ALWAYS_RECORDED]: true }, links };
    // Not the caller's context: the request that tells of a span is itself not traced.
    const span = tracer().startSpan(name, root, ROOT_CONTEXT);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(finishedAt);
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
