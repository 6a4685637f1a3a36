import type { buildConnector } from 'undici';
import type { Dialer } from './dialer';
import { guardedConnect, type GuardedConnectOptions } from './guarded-connect';
import { TlsSessions } from './tls-sessions';

export interface UndiciConnectorOptions {
  dialer: Dialer;
  /** Asked for at each connection that speaks TLS, so that a renewed client certificate is used. */
  tls: () => Promise<NonNullable<GuardedConnectOptions['tls']>>;
  timeoutMs?: number;
}

/**
 * `guardedConnect` in the form that undici's `connect` option takes (Pool, Agent, fetch). One belongs to one endpoint, whose TLS sessions it
 * keeps.
 */
export function undiciConnector({ dialer, tls, timeoutMs }: UndiciConnectorOptions): buildConnector.connector {
  const sessions = new TlsSessions();
  const open = async ({ hostname, port, protocol }: buildConnector.Options) => {
    const secure = protocol === 'https:';
    return guardedConnect({
      dialer,
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || (secure ? 443 : 80)),
      tls: secure ? await tls() : undefined,
      sessions,
      timeoutMs,
    });
  };
  return (options, callback) => {
    open(options).then(
      // undici reads and writes streams of any kind; its types ask for sockets.
      (stream) => callback(null, stream as never),
      (error: Error) => callback(error, null),
    );
  };
}
