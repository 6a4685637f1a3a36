import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { tracing } from '@opentelemetry/sdk-node';
import { LastingFile } from '@smartant/platform/logging';

/**
 * Appends spans to `<service>.jsonl` in a folder, one OTLP/JSON `ExportTraceServiceRequest` a line, which the OpenTelemetry Collector's
 * `otlpjsonfile` receiver and our trace commands read. Rotated at 20 MB, at most ten old files (gzip).
 */
export class FileSpanExporter implements tracing.SpanExporter {
  private readonly file: LastingFile;

  constructor(folder: string, service: string) {
    this.file = new LastingFile({ folder, name: `${service}.jsonl` });
  }

  export(spans: tracing.ReadableSpan[], done: (result: ExportResult) => void): void {
    const line = JsonTraceSerializer.serializeRequest(spans);
    if (line === undefined) return done({ code: ExportResultCode.FAILED });
    this.file.write(`${Buffer.from(line).toString('utf8')}\n`);
    done({ code: ExportResultCode.SUCCESS });
  }

  shutdown(): Promise<void> {
    return this.file.close();
  }
}
