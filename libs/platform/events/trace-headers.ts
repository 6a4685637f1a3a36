import { injectTraceContext, inSpan, withExtractedTraceContext } from '@smartant/platform/telemetry';
import type { DomainEvent } from './domain-event';

/** The active trace context in the configured formats (W3C, B3), to travel with an event. */
export function traceHeaders(): Record<string, string> {
  const carrier: Record<string, string> = {};
  injectTraceContext(carrier);
  return carrier;
}

/** Runs a handler in a span whose parent is the span that recorded the event. */
export function inConsumerSpan<T>(event: DomainEvent, group: string, handle: () => Promise<T>): Promise<T> {
  const attributes = {
    'messaging.operation.name': 'process',
    'messaging.destination.name': event.topic,
    'messaging.consumer.group.name': group,
    'messaging.message.id': event.id,
  };
  return withExtractedTraceContext(event.headers ?? {}, () => inSpan(`process ${event.type}`, attributes, handle));
}
