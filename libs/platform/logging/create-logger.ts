import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Level, type Logger, type StreamEntry } from 'pino';
import type { RotatingFileStream } from 'rotating-file-stream';
import { currentLogContext } from './log-context';
import { redactFields, redactText } from './redact';
import { openRotatingFile } from './rotating-file';

export interface LoggerOptions {
  /** The service's name: a field of every line, and the name of the file. */
  service: string;
  level: string;
  /** Where `<service>.log` is kept, rotated each day and at 20 MB, at most ten old files (gzip). None: standard output only. */
  logsDir?: string;
  /** Replaces standard output; the CLI and tests give their own. */
  output?: DestinationStream;
}

/**
 * A pino logger that writes JSON lines to standard output and to a rotating file. Each line carries `service`, `trace_id`
 * and `span_id` of the active span, and the log context. Secret-looking fields and texts are redacted (see `redact.ts`).
 * A log folder that fails later (full disk) loses lines of the file, never the service.
 */
export function createLogger({ service, level, logsDir, output }: LoggerOptions): Logger {
  const streams: StreamEntry[] = [{ level: level as Level, stream: output ?? pino.destination({ dest: 1, sync: true }) }];
  if (logsDir !== undefined) streams.push({ level: level as Level, stream: rotatingFile(logsDir, service) });
  const logger = pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: lineContext,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactFields(fields) as Record<string, unknown> },
      // pino's own error serializer would run before the formatter and flatten the causes into one text.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          method.apply(this, redactArguments(args) as typeof args);
        },
      },
    },
    pino.multistream(streams),
  );
  return withRedactedChildren(logger);
}

/** The first object goes through the `log` formatter; a lone error would lend its raw message to `msg`. */
function redactArguments([first, ...rest]: unknown[]): unknown[] {
  const others = rest.map((argument) => redactFields(argument));
  if (typeof first === 'string') return [redactText(first), ...others];
  if (first instanceof Error) return [{ err: first }, ...(others.length > 0 ? others : [redactText(first.message)])];
  return [first, ...others];
}

/** pino formats the bindings of children without our formatter, so they are redacted on the way in. Grandchildren inherit it. */
function withRedactedChildren(logger: Logger): Logger {
  const child = logger.child;
  const redacting = function (this: Logger, bindings: object, ...options: never[]) {
    return child.call(this, redactFields(bindings) as object, ...options);
  };
  logger.child = redacting as typeof logger.child;
  return logger;
}

function lineContext(): Record<string, string | undefined> {
  const span = trace.getActiveSpan()?.spanContext();
  return { ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}), ...currentLogContext() };
}

const openFiles = new Set<RotatingFileStream>();

/** Writes what is buffered for log files and closes them. The last thing before `process.exit`. */
export async function closeLogFiles(): Promise<void> {
  const closing = [...openFiles].map((file) => new Promise<void>((resolve) => file.end(() => resolve())));
  openFiles.clear();
  await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
}

function rotatingFile(folder: string, service: string): DestinationStream {
  const file = openRotatingFile(folder, `${service}.log`, { daily: true });
  openFiles.add(file);
  let reported = false;
  file.on('error', (error) => {
    if (!reported) process.stderr.write(`log file ${service}.log cannot be written: ${error.message}\n`);
    reported = true;
  });
  return file;
}
