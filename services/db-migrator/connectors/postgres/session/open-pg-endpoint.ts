import type { ConnectionOptions } from 'node:tls';
import type { DatabaseSecret, PostgresLocation } from '@smartant/connectors';
import { dialerFor, DialedSocket, type ConnectionGuard } from '@smartant/platform/egress';
import { Client, type ClientConfig } from 'pg';
import { DriverSession } from './driver-session';
import { pgError } from './pg-errors';
import type { OpenSessionOptions, PgEndpoint, PgSession } from './pg-session';

export interface PgEndpointOptions {
  secret: (signal: AbortSignal) => Promise<DatabaseSecret>;
  guard: ConnectionGuard;
}

const CONNECT_MS = 15_000;
/** The same text for the same value at both ends, whatever their settings are. */
const SETTINGS: Record<string, string> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  search_path: '',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/** Opens an endpoint; connects when a session is asked for. */
export function openPgEndpoint(location: PostgresLocation, { secret, guard }: PgEndpointOptions): PgEndpoint {
  const never = new AbortController().signal;
  const dialer = dialerFor({
    guard,
    ways: location.via ?? [],
    secret: async () => (await secret(never)).network ?? {},
    caPem: location.tlsCaPem,
  });
  const label = `${location.host}:${location.port}/${location.database}`;
  const open = async (options: OpenSessionOptions): Promise<PgSession> => {
    const resolved = await secret(options.signal);
    const config: ClientConfig & { replication?: string } = {
      host: location.host,
      port: location.port,
      database: location.database,
      user: location.user,
      password: resolved.kind === 'password' ? resolved.password : undefined,
      application_name: options.applicationName,
      ssl: sslOf(location),
      connectionTimeoutMillis: CONNECT_MS,
      ...(options.replication ? { replication: 'database' } : {}),
      ...(location.host.startsWith('/') ? {} : { stream: () => new DialedSocket({ dialer, timeoutMs: CONNECT_MS }) as never }),
    };
    const client = new Client(config);
    // Told to whoever waits for an answer; nobody else listens.
    client.on('error', () => undefined);
    const abort = () => void client.end().catch(() => undefined);
    options.signal.throwIfAborted();
    options.signal.addEventListener('abort', abort, { once: true });
    try {
      await client.connect();
      const session = new DriverSession(client, label, (pid) => cancelBackend(config, pid));
      await session.begin({ ...SETTINGS, ...options.settings });
      return session;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw pgError(error, `connect to ${label}`);
    } finally {
      options.signal.removeEventListener('abort', abort);
    }
  };
  return { label, database: location.database, user: location.user, open, close: () => dialer.close() };
}

async function cancelBackend(config: ClientConfig & { replication?: string }, pid: number): Promise<void> {
  const client = new Client({ ...config, replication: undefined } as ClientConfig);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT pg_cancel_backend($1)', [pid]);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function sslOf({ tlsMode, tlsCaPem, tls, host }: PostgresLocation): ConnectionOptions | false {
  if (tlsMode === 'disable') return false;
  const common: ConnectionOptions = { ca: tlsCaPem, minVersion: tls?.minVersion ?? 'TLSv1.2', servername: tls?.serverName ?? host };
  if (tlsMode === 'require') return { ...common, rejectUnauthorized: false };
  return tlsMode === 'verify-ca' ? { ...common, checkServerIdentity: () => undefined } : common;
}
