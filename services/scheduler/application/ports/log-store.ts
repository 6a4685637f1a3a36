export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line that a service has logged. */
export interface LogLine {
  /** Of its content: the same line has the same id wherever it is found. */
  id: string;
  /** RFC 3339. */
  at: string;
  level: LogLevel;
  service: string;
  /** The machine or pod that wrote it; empty: not told. */
  host: string;
  module: string | null;
  message: string;
  /** Of an error that it tells of. */
  code: string | null;
  traceId: string | null;
  workspaceId: string | null;
  migrationId: string | null;
  runId: string | null;
  /** Everything else of the line. */
  fields: Record<string, unknown>;
}

export interface LogQuery {
  /** Each one must stand somewhere in the line, in any case. */
  terms: string[];
  service?: string;
  /** This level and those above. */
  level?: LogLevel;
  host?: string;
  traceId?: string;
  migrationId?: string;
  workspaceId?: string;
  /** Both inclusive. */
  since: Date;
  until: Date;
}

/** Where log lines are kept. Raises LOG_STORE_UNAVAILABLE (backoff). */
export interface LogStore {
  readonly kind: 'files' | 'elasticsearch' | 'loki' | 'none';
  /** The newest `limit` lines that fit, newest first. */
  search(query: LogQuery, limit: number, signal: AbortSignal): Promise<LogLine[]>;
}
