import { context, propagation, type TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';

/**
 * W3C and both forms of B3 are read and sent: old Istio sends B3. Where several are present the last one here wins, so W3C does: proxies
 * that know both rewrite it.
 */
export function tracePropagator(): TextMapPropagator {
  return new CompositePropagator({
    propagators: [
      new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
      new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER }),
      new W3CTraceContextPropagator(),
    ],
  });
}

/** Writes the active trace context into string headers: of an event, a job, a message. */
export function injectTraceContext(carrier: Record<string, string>): void {
  propagation.inject(context.active(), carrier);
}

/** Runs `fn` as part of the trace that the headers name; without such headers as it is. */
export function withExtractedTraceContext<T>(carrier: Record<string, string>, fn: () => T): T {
  return context.with(propagation.extract(context.active(), carrier), fn);
}
