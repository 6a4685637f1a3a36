import { type Span, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { SmartantError } from '@smartant/kernel';
import { ALWAYS_RECORDED, UNIT_SPAN } from './unit-sampler';

/** Small facts about the work. Secrets are removed when spans are exported, but do not give any. */
export type SpanAttributes = Record<string, string | number | boolean>;

const tracer = () => trace.getTracer('smartant');
/** Errors that already have a span, so that a failure that rises through several spans is recorded once. */
const recorded = new WeakSet<object>();

/** A span of another trace that this one came of. Ids as W3C writes them. */
export interface SpanOrigin {
  traceId: string;
  spanId: string;
}

/** Runs `fn` inside a span, linked to `origins`. A failure marks the span, or is recorded in a span of its own where this one is not recorded. */
export function inSpan<T>(
  name: string,
  attributes: SpanAttributes,
  fn: () => T | Promise<T>,
  origins: readonly SpanOrigin[] = [],
): Promise<T> {
  const links = origins.map((origin) => ({ context: { ...origin, traceFlags: TraceFlags.NONE, isRemote: true } }));
  return tracer().startActiveSpan(name, { attributes, links }, async (span) => {
    try {
      return await fn();
    } catch (error) {
      if (span.isRecording()) markFailed(span, error);
      else recordFailureSpan(name, attributes, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** As `inSpan`, for one of very many units of work: recorded by the ratio of `startTelemetry`, failures always. */
export function inUnitSpan<T>(name: string, attributes: SpanAttributes, fn: () => T | Promise<T>): Promise<T> {
  return inSpan(name, { ...attributes, [UNIT_SPAN]: true }, fn);
}

/** Records a failure as a span of its own, made now, whatever was decided about the spans around it. Once for each error object. */
export function recordFailureSpan(name: string, attributes: SpanAttributes, error: unknown): void {
  if (typeof error === 'object' && error !== null && recorded.has(error)) return;
  const span = tracer().startSpan(name, { attributes: { ...attributes, [ALWAYS_RECORDED]: true } });
  markFailed(span, error);
  span.end();
}

/** Says more about the active span, where there is one. */
export function addToSpan(attributes: SpanAttributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** The trace id of the active span, 32 hex digits, for problem documents and the ledger. */
export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/** Of the active span, for what comes of it later, in a trace of its own; undefined outside of one. */
export function currentOrigin(): SpanOrigin | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active && { traceId: active.traceId, spanId: active.spanId };
}

function markFailed(span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : new Error(String(error));
  if (error instanceof SmartantError) span.setAttributes({ 'smartant.error_code': error.code, 'error.type': error.code });
  span.recordException(exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
  if (typeof error === 'object' && error !== null) recorded.add(error);
}
