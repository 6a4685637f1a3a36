import { Client, type ClientConfig, type Notification } from 'pg';
import { toDatabaseError } from './database-errors';
import { assertSchemaName } from './migrate';
import type { SqlExecutor } from './sql-executor';

export interface ConnectionSettings {
  /** postgres://user:password@host:port/database */
  url: string;
  /** The only schema on the search path (besides pg_catalog). */
  schema: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** For connections that only read: writes are refused, and so is a statement that takes longer than this. */
  readOnly?: { statementTimeoutMs: number };
  /**
   * For connections of a pool: a statement that takes longer, lock waits included, ends with DATABASE_STATEMENT_TIMEOUT; a transaction that
   * is left open without a statement ends with its connection. Absent: neither ends.
   */
  bounds?: { statementMs: number; idleInTransactionMs: number };
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Settings that every connection of ours has. An acknowledged commit must survive a crash, so it is never asynchronous. */
export function connectionConfig({ url, schema, applicationName, readOnly, bounds }: ConnectionSettings): ClientConfig {
  assertSchemaName(schema);
  const reading = readOnly ? ` -c default_transaction_read_only=on -c statement_timeout=${readOnly.statementTimeoutMs}` : '';
  const bounded = bounds
    ? ` -c statement_timeout=${bounds.statementMs} -c idle_in_transaction_session_timeout=${bounds.idleInTransactionMs}`
    : '';
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    options: `-c search_path=${schema} -c synchronous_commit=on${bounded}${reading}`,
  };
}

/**
 * One connection outside the pool, for what lives as long as a session: LISTEN and session advisory locks. Statements run one after
 * the other, in the order in which they were given.
 */
export interface Session extends SqlExecutor {
  /** Hears every channel on which this session ran LISTEN. */
  onNotification(hear: (channel: string, payload: string) => void): void;
  /** Called once when the connection is gone, also after `close`. Session locks are then free. */
  onEnd(ended: () => void): void;
  close(): Promise<void>;
}

/** Opens a session. Raises DATABASE_UNAVAILABLE or DATABASE_ACCESS_DENIED. */
export async function openSession(settings: ConnectionSettings): Promise<Session> {
  const client = new Client(connectionConfig(settings));
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
    // Without a listener a lost connection would end the process; `end` follows it.
    client.on('error', () => void client.end().catch(() => undefined));
  });
  await client.connect().catch((error: unknown) => {
    throw toDatabaseError(error);
  });
  // pg deprecates its own queue of statements: https://github.com/brianc/node-postgres/pull/3603
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: <T>(sql: string, params?: unknown[]) => {
      const result = last.then(async () => {
        try {
          return ((await client.query(sql, params)).rows ?? []) as T[];
        } catch (error) {
          throw toDatabaseError(error);
        }
      });
      last = result.catch(() => undefined);
      return result;
    },
    onNotification: (hear) => void client.on('notification', (message: Notification) => hear(message.channel, message.payload ?? '')),
    onEnd: (hear) => void ended.then(hear),
    close: () => client.end().catch(() => undefined),
  };
}
