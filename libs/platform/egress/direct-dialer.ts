import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dialer, DialTarget } from './dialer';
import type { EgressGuard } from './egress-guard';
import { literalAddress } from './literal-address';

/** The parts of a guard that a connection needs. Without one nothing is judged: for tests and tools. */
export type ConnectionGuard = Partial<Pick<EgressGuard, 'lookup' | 'assertLiteralAllowed' | 'assertFarSideAllowed'>>;

/**
 * TCP from this machine, judged when it is made: a literal address before the connect, which skips the lookup; a name inside
 * the lookup, whose answer is the very address that is connected to. So a name that changes in between gains nothing.
 */
export class DirectDialer implements Dialer {
  constructor(private readonly guard: ConnectionGuard) {}

  async dial({ host, port }: DialTarget, signal: AbortSignal): Promise<Duplex> {
    signal.throwIfAborted();
    this.guard.assertLiteralAllowed?.(host);
    const socket = connect({
      host: literalAddress(host) ?? host,
      port,
      lookup: this.guard.lookup as never,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      noDelay: true,
    });
    return new Promise((resolve, reject) => {
      const onAbort = () => socket.destroy(signal.reason as Error);
      const settle = (then: () => void) => {
        signal.removeEventListener('abort', onAbort);
        socket.removeAllListeners('connect').removeListener('error', onError);
        then();
      };
      const onError = (error: Error) => settle(() => reject(error));
      socket.once('connect', () => settle(() => resolve(socket))).once('error', onError);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  close(): void {
    // Nothing is shared between its connections.
  }
}
