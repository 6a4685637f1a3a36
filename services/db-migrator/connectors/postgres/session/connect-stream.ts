import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DatabaseSecret, PostgresLocation } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { guardedConnect, overTls, type ConnectionGuard, type Dialer } from '@smartant/platform/egress';

export interface ConnectStreamOptions {
  location: PostgresLocation;
  dialer: Dialer;
  guard: ConnectionGuard;
  secret: DatabaseSecret;
  signal: AbortSignal;
}

/** For the way, the connection and the handshake together. */
export const CONNECT_MS = 15_000;
/** https://www.postgresql.org/docs/18/protocol-message-formats.html */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ACCEPTED = 'S'.charCodeAt(0);
const VERIFY = { require: 'nothing', 'verify-ca': 'authority', 'verify-full': 'all' } as const;

/**
 * A stream to the server on which nothing of the protocol was said yet but the request for TLS, which is up when the location asks for it.
 * Raises `EGRESS_…`, `WAY_…`, `TLS_…`, or the socket's own error.
 */
export async function connectStream(options: ConnectStreamOptions): Promise<Duplex> {
  const { location } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(CONNECT_MS)]);
  if (location.host.startsWith('/')) return connectSocketFile(options, signal);
  const stream = await guardedConnect({
    dialer: options.dialer,
    host: location.host,
    port: location.port,
    timeoutMs: CONNECT_MS,
    signal,
  });
  if (location.tlsMode === 'disable') return stream;
  try {
    await askForTls(stream, location.host, signal);
    return await overTls(
      stream,
      {
        ...location.tls,
        host: location.host,
        caPem: location.tlsCaPem,
        clientCertificate: options.secret.network?.clientCertificate,
        verify: VERIFY[location.tlsMode],
        protocols: ['postgresql'],
      },
      signal,
    );
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** A socket in the file system is this machine's own: it may be reached where the loopback may. */
async function connectSocketFile({ location, guard }: ConnectStreamOptions, signal: AbortSignal): Promise<Duplex> {
  if ((location.via ?? []).length > 0) {
    throw new SmartantError('DATABASE_ADDRESS_INVALID', 'A Unix socket cannot be reached over a proxy or a bastion.', {
      kind: 'invalid',
      hint: 'Give the host name that the last step of the way knows the server by.',
    });
  }
  guard.assertLiteralAllowed?.('127.0.0.1');
  signal.throwIfAborted();
  const socket = connect(`${location.host}/.s.PGSQL.${location.port}`);
  await settled(socket, 'connect', signal);
  return socket;
}

/** Asks whether the server speaks TLS. What it sends beyond its answer was put there by somebody else (CVE-2021-23222). */
async function askForTls(stream: Duplex, host: string, signal: AbortSignal): Promise<void> {
  stream.write(SSL_REQUEST);
  await settled(stream, 'readable', signal);
  const answer = stream.read() as Buffer | null;
  if (answer?.length === 1 && answer[0] === ACCEPTED) return;
  throw new SmartantError('TLS_NOT_SPOKEN', `The server at "${host}" does not offer TLS.`, {
    kind: 'precondition',
    actor: 'user',
    hint: 'Turn on "ssl" at the server, or choose the TLS mode "disable" where the way to it is trusted.',
  });
}

function settled(stream: Duplex, event: 'connect' | 'readable', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', onAbort);
      stream.removeListener(event, onEvent).removeListener('error', onError).removeListener('close', onClose);
      then();
    };
    const onAbort = () => stream.destroy(signal.reason as Error);
    const onEvent = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () => onError(Object.assign(new Error('The connection ended before it was ready.'), { code: 'ECONNRESET' }));
    stream.once(event, onEvent).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
