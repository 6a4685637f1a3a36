import type { Duplex } from 'node:stream';

export interface PgRow {
  [column: string]: string | null;
}

export interface OpenSessionOptions {
  /** Shown in pg_stat_activity: "smartant copy mig_…". */
  applicationName: string;
  /** A walsender on the database: takes replication commands beside SQL (simple protocol only). */
  replication?: boolean;
  /** Session settings beside the fixed ones, as GUC name and value. */
  settings?: Record<string, string>;
  /** Until it is connected and signed in; afterwards each call has its own. */
  signal: AbortSignal;
}

/**
 * One connection to a database. All values are text exactly as the server writes them: nothing is parsed, so nothing is rounded
 * (microseconds, numeric, JSON numbers). Each session begins with UTF-8, ISO dates, UTC, `extra_float_digits = 3`, `bytea_output = hex`,
 * an empty `search_path`, no statement, lock and idle time-outs.
 *
 * Raises SmartantErrors of kind and code by SQLSTATE (`pgError`); a connection that was lost raises DATABASE_UNREACHABLE (backoff).
 */
export interface PgSession {
  /** server_version_num, for example 160004. */
  readonly serverVersion: number;
  readonly backendPid: number;
  /**
   * Runs one statement with parameters (extended protocol), or several without (simple protocol; the rows of the last).
   * An aborted signal cancels the statement at the server (a second connection with the cancel key), then raises CANCELLED.
   */
  query(sql: string, parameters?: readonly (string | null)[], signal?: AbortSignal): Promise<PgRow[]>;
  /** As `query`, and resolves with the number of rows that the command tag tells. */
  execute(sql: string, parameters?: readonly (string | null)[], signal?: AbortSignal): Promise<number>;
  /** BEGIN, `work`, COMMIT; ROLLBACK when it raises. `begin`: the statement that begins it. */
  transaction<T>(work: () => Promise<T>, begin?: string): Promise<T>;
  /**
   * Hands over the socket after a command that begins a COPY or a replication stream was sent: raw protocol bytes from and to the server
   * are the caller's until it calls `release`, by which time the server must be ready for queries again; a session that is not
   * released has to be destroyed.
   */
  takeOver(): { stream: Duplex; release: () => void };
  close(): Promise<void>;
  /** At once, without a farewell. */
  destroy(): void;
}

/** Opens sessions of one endpoint. Knows its address, its way, its TLS and its secret. */
export interface PgEndpoint {
  /** What it is called in messages: "host:port/database". Never a secret. */
  readonly label: string;
  readonly database: string;
  readonly user: string;
  open(options: OpenSessionOptions): Promise<PgSession>;
  /** An environment for pg_dump and pg_restore that holds no secret in arguments; `dispose` removes what it wrote. */
  close(): void;
}
