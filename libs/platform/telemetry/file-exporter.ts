import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { tracing } from '@opentelemetry/sdk-node';
import { openRotatingFile } from '@smartant/platform/logging';
import type { RotatingFileStream } from 'rotating-file-stream';

/**
 * Appends spans to `<service>.jsonl` in a folder, one OTLP/JSON `ExportTraceServiceRequest` a line, which the OpenTelemetry Collector's
 * `otlpjsonfile` receiver and our trace commands read. Rotated at 20 MB, at most ten old files (gzip).
 */
export class FileSpanExporter implements tracing.SpanExporter {
  private readonly file: RotatingFileStream;
  private failure: Error | undefined;

  constructor(folder: string, service: string) {
    this.file = openRotatingFile(folder, `${service}.jsonl`);
    this.file.on('error', (error) => {
      this.failure = error;
    });
  }

  export(spans: tracing.ReadableSpan[], done: (result: ExportResult) => void): void {
    const line = JsonTraceSerializer.serializeRequest(spans);
    if (line === undefined || this.failure) return done({ code: ExportResultCode.FAILED, error: this.failure });
    this.file.write(`${Buffer.from(line).toString('utf8')}\n`, (error) =>
      done(error ? { code: ExportResultCode.FAILED, error } : { code: ExportResultCode.SUCCESS }),
    );
  }

  shutdown(): Promise<void> {
    return new Promise((resolve) => (this.failure ? resolve() : this.file.end(() => resolve())));
  }
}
