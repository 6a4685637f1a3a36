import type { Duplex } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { DatabaseSecret, PostgresLocation } from '@smartant/connectors';
import { dialerFor, type ConnectionGuard } from '@smartant/platform/egress';
import { Client, type ClientConfig } from 'pg';
import { sendCancelRequest } from './cancel-request';
import { CONNECT_MS, connectStream } from './connect-stream';
import { connectedStream } from './connected-stream';
import { DriverSession } from './driver-session';
import { cancelled, pgError } from './pg-errors';
import type { OpenSessionOptions, PgEndpoint, PgSession } from './pg-session';
import { makeToolEnvironment } from './tool-environment';

export interface PgEndpointOptions {
  /** Asked for at each connection; may cache. */
  secret: (signal: AbortSignal) => Promise<DatabaseSecret>;
  guard: ConnectionGuard;
}

const never = new AbortController().signal;
/** The same text for the same value at both ends, whatever their settings are; a peer that is gone is noticed within two minutes. */
const SETTINGS: Record<string, string> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  // A database that we froze takes our own writes: bookkeeping, and the stream back.
  default_transaction_read_only: 'off',
  search_path: '',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  standard_conforming_strings: 'on',
  tcp_keepalives_idle: '60',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '6',
};

/** Opens an endpoint; connects when a session is asked for. */
export function openPgEndpoint(location: PostgresLocation, { secret, guard }: PgEndpointOptions): PgEndpoint {
  const dialer = dialerFor({
    guard,
    ways: location.via ?? [],
    secret: async () => (await secret(never)).network ?? {},
    caPem: location.tlsCaPem,
  });
  const label = `${location.host}:${location.port}/${location.database}`;
  const connect = async (signal: AbortSignal) => connectStream({ location, dialer, guard, secret: await secret(signal), signal });
  const open = async (options: OpenSessionOptions): Promise<PgSession> => {
    let stream: Duplex | undefined;
    // Not by the driver's farewell: asked for while it connects, its connecting never ends.
    const abort = () => void stream?.destroy();
    try {
      options.signal.throwIfAborted();
      const resolved = await secret(options.signal);
      const connected = await connectStream({ location, dialer, guard, secret: resolved, signal: options.signal });
      stream = connected;
      const client = new Client({ ...configOf(location, resolved, options), stream: () => connectedStream(connected) as never });
      // Told to whoever waits for an answer; nobody else listens.
      client.on('error', () => undefined);
      options.signal.addEventListener('abort', abort, { once: true });
      await client.connect();
      const session = new DriverSession(client, label, async (key) => sendCancelRequest(await connect(never), key));
      await session.begin({ ...SETTINGS, ...options.settings });
      if (options.signal.aborted) throw cancelled();
      return session;
    } catch (error) {
      stream?.destroy();
      throw options.signal.aborted ? cancelled(error) : pgError(error, `connect to ${label}`);
    } finally {
      options.signal.removeEventListener('abort', abort);
    }
  };
  return {
    label,
    database: location.database,
    user: location.user,
    open,
    toolEnvironment: async (signal) => makeToolEnvironment({ location, secret: await secret(signal), connect }),
    close: () => dialer.close(),
  };
}

function configOf(location: PostgresLocation, secret: DatabaseSecret, options: OpenSessionOptions): ClientConfig {
  const config: ClientConfig & { replication?: string; pipeline?: boolean } = {
    host: location.host,
    port: location.port,
    database: location.database,
    user: location.user,
    // A function is asked for in place of what the environment or a password file of this machine would say.
    password: secret.kind === 'password' ? secret.password : () => Promise.reject(noPassword(location)),
    application_name: options.applicationName,
    ssl: false,
    connectionTimeoutMillis: CONNECT_MS,
    pipeline: options.pipeline ?? false,
    ...(options.replication ? { replication: 'database' } : {}),
  };
  return config;
}

function noPassword({ user }: PostgresLocation): SmartantError {
  return new SmartantError('DATABASE_CREDENTIALS_INVALID', `The server asks for a password of the role "${user}", and none was given.`, {
    kind: 'forbidden',
    hint: 'Give the endpoint its password: SMARTANT_SOURCE_PASSWORD or SMARTANT_TARGET_PASSWORD, a password file, or smartant endpoint update.',
  });
}
