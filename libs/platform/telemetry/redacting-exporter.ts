import type { ExportResult } from '@opentelemetry/core';
import type { tracing } from '@opentelemetry/sdk-node';
import { redactFields, redactText } from '@smartant/platform/logging';

/**
 * Removes secrets from every span before any exporter sees it: instrumentations record whole URLs, and drivers repeat connection strings
 * in the text of their errors.
 */
export class RedactingExporter implements tracing.SpanExporter {
  constructor(private readonly target: tracing.SpanExporter) {}

  export(spans: tracing.ReadableSpan[], done: (result: ExportResult) => void): void {
    this.target.export(spans.map(redactedSpan), done);
  }

  forceFlush(): Promise<void> {
    return this.target.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.target.shutdown();
  }
}

/** The same span, with three properties shadowed. */
function redactedSpan(span: tracing.ReadableSpan): tracing.ReadableSpan {
  const { message } = span.status;
  return Object.create(span, {
    attributes: { value: redactFields(span.attributes) },
    events: { value: span.events.map((event) => ({ ...event, attributes: redactFields(event.attributes) })) },
    status: { value: message === undefined ? span.status : { ...span.status, message: redactText(message) } },
  }) as tracing.ReadableSpan;
}
