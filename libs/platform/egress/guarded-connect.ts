import type { Duplex } from 'node:stream';
import type { Dialer } from './dialer';
import { overTls, type TlsRequest } from './over-tls';
import type { TlsSessions } from './tls-sessions';

export interface GuardedConnectOptions {
  /** From `dialerFor`: holds the guard, and the way. */
  dialer: Dialer;
  /** A name or a literal address, without brackets. */
  host: string;
  port: number;
  /** Absent: plain TCP. */
  tls?: Omit<TlsRequest, 'host'>;
  /** The endpoint's own, kept as long as its connector; absent: a whole handshake each time. */
  sessions?: TlsSessions;
  /** For everything together: the way, the connection, the handshake. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const CONNECT_MS = 10_000;

/**
 * The one way in which anything connects to an address that a user named: S3, databases, SSH, webhooks. Every connection is judged when it
 * is made, also after a redirect or a reconnect, so use it for each, and never connect by name elsewhere. The stream is a
 * `net.Socket` or `tls.TLSSocket` where it is direct; over a bastion it is a plain duplex, without `setTimeout` and the like.
 * Raises `EGRESS_…`, `WAY_…`, `TLS_…`, or the socket's own error.
 */
export async function guardedConnect(options: GuardedConnectOptions): Promise<Duplex> {
  const { dialer, host, port, tls, sessions, timeoutMs = CONNECT_MS } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(connectTimeout()), timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
  let stream: Duplex | undefined;
  try {
    stream = await dialer.dial({ host, port }, signal);
    if (!tls) return stream;
    return await overTls(stream, { ...tls, host }, signal, sessions && { sessions, port });
  } catch (error) {
    stream?.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Known as an error after which nothing can have been sent. */
function connectTimeout(): Error {
  return Object.assign(new Error('The connection took too long.'), { code: 'CONNECT_TIMEOUT' });
}
