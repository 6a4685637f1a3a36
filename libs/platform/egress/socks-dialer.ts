import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { Way, WaySecret } from '@smartant/connectors';
import { SocksClient } from 'socks';
import type { Dialer, DialTarget } from './dialer';
import { farSideHost } from './far-side';
import { wayRefused, waySignInFailed, wayTargetUnreachable, wayUnreachable } from './way-errors';

type SocksWay = Extract<Way, { kind: 'socks' }>;

export interface SocksDialerOptions {
  way: SocksWay;
  through: Dialer;
  secret: () => Promise<WaySecret>;
}

const HANDSHAKE_MS = 20_000;

/** SOCKS 5 (RFC 1928) with RFC 1929 sign-in. Names are resolved by the proxy. */
export class SocksDialer implements Dialer {
  constructor(private readonly options: SocksDialerOptions) {}

  async dial({ host, port }: DialTarget, signal: AbortSignal): Promise<Duplex> {
    const { way, through, secret } = this.options;
    const destination = { host: farSideHost(host), port };
    const { password = '' } = way.user === undefined ? {} : await secret();
    let stream: Duplex | undefined;
    try {
      stream = await through.dial(way, signal);
      const { socket } = await SocksClient.createConnection({
        command: 'connect',
        destination,
        // The library only reads, writes and destroys it.
        existing_socket: stream as Socket,
        proxy: { host: way.host, port: way.port, type: 5, ...(way.user === undefined ? {} : { userId: way.user, password }) },
        timeout: HANDSHAKE_MS,
      });
      return await handOver(socket);
    } catch (error) {
      stream?.destroy();
      throw error instanceof SmartantError || signal.aborted ? error : this.explain(error);
    }
  }

  /**
   * The library tells the reply in its message alone: its names are those of RFC 1928 section 6. Its error also carries the
   * password, and goes no further.
   */
  private explain(error: unknown): SmartantError {
    const { way } = this.options;
    const text = error instanceof Error ? error.message : '';
    if (/Authentication|authentication|auth type/.test(text)) return waySignInFailed(way);
    const reply = /rejected connection - (\w+)/.exec(text)?.[1];
    if (reply === 'NotAllowed') return wayRefused(way, 'not allowed by its rules');
    if (reply !== undefined) return wayTargetUnreachable(way, reply);
    return wayUnreachable(way, Object.assign(new Error(text), { code: (error as { code?: unknown }).code }));
  }

  close(): void {
    this.options.through.close();
  }
}

/** The library sets the stream flowing one turn later: what comes until then is kept for whoever takes the stream over. */
async function handOver(stream: Duplex): Promise<Duplex> {
  const early: Buffer[] = [];
  const keep = (chunk: Buffer) => void early.push(chunk);
  stream.on('data', keep);
  await nextTurn();
  stream.pause();
  stream.removeListener('data', keep);
  if (early.length > 0) stream.unshift(Buffer.concat(early));
  return stream;
}
