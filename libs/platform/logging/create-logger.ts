import { hostname } from 'node:os';
import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger, type StreamEntry } from 'pino';
import { LastingFile } from './lasting-file';
import { currentLogContext } from './log-context';
import { logLevels } from './log-levels';
import { loggableFields } from './listed-fields';
import { redactText } from './redact';

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
 * and `span_id` of the active span, and the log context. Fields are shown by an allow-list (`listed-fields.ts`); secret-looking fields and
 * texts are redacted all the same (`redact.ts`).
 * While its folder cannot be written (read-only, full) the file lacks lines, which standard output has. `logger.child({ module })` makes a
 * module, whose level can be changed while it runs (`logLevels`).
 */
export function createLogger({ service, level, logsDir, output }: LoggerOptions): Logger {
  // Loggers decide by their levels, which change; streams take all that comes.
  const streams: StreamEntry[] = [{ level: 'trace', stream: output ?? pino.destination({ dest: 1, sync: true }) }];
  if (logsDir !== undefined) streams.push({ level: 'trace', stream: lastingFile(logsDir, service) });
  const logger = pino(
    {
      level,
      base: { service, pid: process.pid, hostname: hostname() },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: lineContext,
      formatters: { level: (label) => ({ level: label }), log: (fields) => loggableFields(fields) as Record<string, unknown> },
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
  logLevels.register(logger as unknown as Logger, null, level);
  return withRedactedChildren(logger as unknown as Logger, level);
}

/** The first object goes through the `log` formatter; a lone error would lend its raw message to `msg`. */
function redactArguments([first, ...rest]: unknown[]): unknown[] {
  const others = rest.map((argument) => loggableFields(argument));
  if (typeof first === 'string') return [redactText(first), ...others];
  if (first instanceof Error) return [{ err: first }, ...(others.length > 0 ? others : [redactText(first.message)])];
  return [first, ...others];
}

const modules = new WeakMap<Logger, string>();

/** pino formats the bindings of children without our formatter, so they are redacted on the way in. Grandchildren inherit it. */
function withRedactedChildren(logger: Logger, configured: string): Logger {
  const makeChild = logger.child;
  const redacting = function (this: Logger, bindings: object, ...options: never[]) {
    const child = makeChild.call(this, loggableFields(bindings) as object, ...options) as unknown as Logger;
    const named = (bindings as { module?: unknown }).module;
    const module = typeof named === 'string' ? named : modules.get(this);
    if (module !== undefined) modules.set(child, module);
    logLevels.register(child, module ?? null, configured);
    return child;
  };
  logger.child = redacting as unknown as typeof logger.child;
  return logger;
}

function lineContext(): Record<string, string | undefined> {
  const span = trace.getActiveSpan()?.spanContext();
  return { ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}), ...currentLogContext() };
}

const openFiles = new Set<LastingFile>();

/** Writes what is buffered for log files and closes them. The last thing before `process.exit`. */
export async function closeLogFiles(): Promise<void> {
  const closing = [...openFiles].map((file) => file.close());
  openFiles.clear();
  await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
}

function lastingFile(folder: string, service: string): DestinationStream {
  const name = `${service}.log`;
  const file = new LastingFile({
    folder,
    name,
    onChange: (change) =>
      process.stderr.write(
        'lost' in change
          ? `log file ${name} cannot be written, and is tried again: ${change.lost.message}\n`
          : `log file ${name} is written again; it lacks ${change.missed} lines\n`,
      ),
  });
  openFiles.add(file);
  return file;
}
