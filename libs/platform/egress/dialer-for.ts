import type { NetworkSecret, Way, WaySecret } from '@smartant/connectors';
import type { Dialer, DialTarget } from './dialer';
import { DirectDialer, type ConnectionGuard } from './direct-dialer';
import { ProxyDialer } from './proxy-dialer';
import { SocksDialer } from './socks-dialer';
import { SshDialer } from './ssh-dialer';

export interface DialerSettings {
  guard: ConnectionGuard;
  /** In the order of travel; empty: directly. */
  ways: readonly Way[];
  /** Asked for when a step is taken; may cache. */
  secret: () => Promise<NetworkSecret>;
  /** Authorities that are trusted in addition to the system's, for proxies that are spoken to over TLS. */
  caPem?: string;
}

/**
 * The dialer for a way. The guard judges the address of the first step, which this machine connects to; what the far side connects
 * to (the next steps, the endpoint) it judges as far as it can be seen from here.
 */
export function dialerFor({ guard, ways, secret, caPem }: DialerSettings): Dialer {
  let dialer: Dialer = new DirectDialer(guard);
  ways.forEach((way, index) => {
    const stepSecret = async () => (await secret()).ways?.[index] ?? {};
    dialer = new FarSideJudge(stepDialer(way, dialer, stepSecret, caPem), guard, way.kind === 'ssh');
  });
  return dialer;
}

function stepDialer(way: Way, through: Dialer, secret: () => Promise<WaySecret>, caPem: string | undefined): Dialer {
  switch (way.kind) {
    case 'proxy':
      return new ProxyDialer({ way, through, secret, tls: { caPem } });
    case 'socks':
      return new SocksDialer({ way, through, secret });
    case 'ssh':
      return new SshDialer({ way, through, secret });
  }
}

/** Asks the guard before somebody else is asked to connect. */
class FarSideJudge implements Dialer {
  constructor(
    private readonly inner: Dialer,
    private readonly guard: ConnectionGuard,
    private readonly ownLoopback: boolean,
  ) {}

  async dial(target: DialTarget, signal: AbortSignal) {
    this.guard.assertFarSideAllowed?.(target.host, { ownLoopback: this.ownLoopback });
    return this.inner.dial(target, signal);
  }

  close(): void {
    this.inner.close();
  }
}
