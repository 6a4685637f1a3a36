import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { DomainEvent } from './domain-event';

/** The active trace context in the configured formats (W3C, B3), to travel with an event. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** Runs a handler in a span whose parent is the span that recorded the event. */
export function inConsumerSpan<T>(event: DomainEvent, group: string, handle: () => Promise<T>): Promise<T> {
  const parent = propagation.extract(ROOT_CONTEXT, event.headers ?? {});
  const attributes = {
    'messaging.operation.name': 'process',
    'messaging.destination.name': event.topic,
    'messaging.consumer.group.name': group,
    'messaging.message.id': event.id,
  };
  return trace.getTracer('smartant.events').startActiveSpan(`process ${event.type}`, { kind: SpanKind.CONSUMER, attributes }, parent, async (span) => {
    try {
      return await handle();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
