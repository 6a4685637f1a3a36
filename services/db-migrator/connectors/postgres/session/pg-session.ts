import type { Duplex } from 'node:stream';

export interface PgRow {
  [column: string]: string | null;
}

/** A Buffer is sent as the binary form of its type, anything else as text. */
export type PgParameter = string | Buffer | null;

export interface OpenSessionOptions {
  /** Shown in pg_stat_activity: "smartant copy mig_…". */
  applicationName: string;
  /** A walsender on the database: takes replication commands beside SQL (simple protocol only). */
  replication?: boolean;
  /** Statements are sent without waiting for the answer to the one before. */
  pipeline?: boolean;
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
  query(sql: string, parameters?: readonly PgParameter[], signal?: AbortSignal): Promise<PgRow[]>;
  /** As `query`, and resolves with the number of rows that the command tag tells. */
  execute(sql: string, parameters?: readonly PgParameter[], signal?: AbortSignal): Promise<number>;
  /** As `execute`, and the server keeps the statement under `name` for the session. One name has one text. */
  executePrepared(name: string, sql: string, parameters: readonly PgParameter[]): Promise<number>;
  /** COPY … FROM STDIN with all its data, in pieces, which must fit into memory; resolves with the number of rows. For streams: `takeOver`. */
  copyIn(sql: string, data: readonly Buffer[]): Promise<number>;
  /** BEGIN, `work`, COMMIT; ROLLBACK when it raises. `begin`: the statement that begins it. */
  transaction<T>(work: () => Promise<T>, begin?: string): Promise<T>;
  /**
   * Hands over the socket of a session that has nothing to answer: raw protocol bytes from and to the server are the caller's, which sends
   * its own Query message ("COPY …", "START_REPLICATION …"; `queryMessage`) and reads every answer up to ReadyForQuery. It calls `release`
   * after that; a session that is not released has to be destroyed. The stream is paused when it is handed over.
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
  /**
   * An environment for programs that use libpq (pg_dump, pg_restore, psql). Add it to PATH and the like, and run them without host, port, user
   * and database in their arguments. The way to the server and its TLS are ours: they connect to a socket that only this user may open.
   * `dispose` ends their connections and removes what was written; it may be called twice.
   */
  toolEnvironment(signal: AbortSignal): Promise<ToolEnvironment>;
  close(): void;
}

export interface ToolEnvironment {
  /** PGHOST, PGPASSFILE and so on; no value is a secret. */
  env: Record<string, string>;
  dispose: () => Promise<void>;
}
