import type { Duplex } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import type { Way, WaySecret } from '@smartant/connectors';
import { Client, type ConnectConfig } from 'ssh2';
import { abortable } from './abortable';
import type { Dialer, DialTarget } from './dialer';
import { farSideHost } from './far-side';
import { fingerprintOf } from './ssh-host-key';
import { wayHostKeyUnknown, wayKeyInvalid, wayRefused, waySignInFailed, wayTargetUnreachable, wayUnreachable } from './way-errors';

type SshWay = Extract<Way, { kind: 'ssh' }>;

export interface SshDialerOptions {
  way: SshWay;
  through: Dialer;
  secret: () => Promise<WaySecret>;
}

const SIGN_IN_MS = 20_000;
/** A bastion that vanished is noticed within 45 s; without this the library would wait for ever. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MISSES = 3;
/**
 * A channel moves at most its window of 2 MiB in a round trip, and all channels of a connection share one TCP stream: so streams are
 * spread over a few connections.
 */
const CONNECTIONS = 4;
/** RFC 4254 section 5.1. */
const PROHIBITED = 1;

interface Tunnel {
  client: Promise<Client>;
  streams: number;
}

/**
 * Streams over an SSH server (`ssh -W`). The host key must be one of those that were pinned, or nothing is sent; the agent is
 * never forwarded, and no command is run there. The endpoint's name is resolved by the bastion.
 */
export class SshDialer implements Dialer {
  private readonly tunnels = new Set<Tunnel>();
  private closed = false;

  constructor(private readonly options: SshDialerOptions) {}

  async dial({ host, port }: DialTarget, signal: AbortSignal): Promise<Duplex> {
    if (this.closed) throw new Error('the way is closed');
    const name = farSideHost(host);
    const tunnel = this.leastUsed();
    tunnel.streams += 1;
    try {
      const opening = forward(await abortable(tunnel.client, signal), this.options.way, { host: name, port });
      // The bastion may take as long as it likes to say that it cannot reach the target; what it opens late is closed at once.
      const stream = await abortable(opening, signal).catch((error: unknown) => {
        opening.then((late) => late.destroy()).catch(() => undefined);
        throw error;
      });
      stream.once('close', () => (tunnel.streams -= 1));
      return stream;
    } catch (error) {
      tunnel.streams -= 1;
      throw error;
    }
  }

  close(): void {
    this.closed = true;
    for (const { client } of this.tunnels) client.then((connected) => connected.end()).catch(() => undefined);
    this.tunnels.clear();
    this.options.through.close();
  }

  private leastUsed(): Tunnel {
    const [best] = [...this.tunnels].sort((a, b) => a.streams - b.streams);
    if (best && (best.streams === 0 || this.tunnels.size >= CONNECTIONS)) return best;
    const opened: Tunnel = { client: this.signIn(() => this.tunnels.delete(opened)), streams: 0 };
    opened.client.catch(() => this.tunnels.delete(opened));
    this.tunnels.add(opened);
    return opened;
  }

  /** Not tied to one caller's signal: others wait for the same connection. It has a time limit of its own. */
  private async signIn(onClose: () => void): Promise<Client> {
    const { way, through } = this.options;
    const secret = await this.options.secret();
    const limit = AbortSignal.timeout(SIGN_IN_MS);
    const sock = await through.dial(way, limit).catch((error: unknown) => {
      throw error instanceof SmartantError ? error : wayUnreachable(way, error);
    });
    return new Promise((resolve, reject) => {
      const client = new Client();
      let refusedKey: string | undefined;
      const hostVerifier = (key: Buffer) => {
        const shown = fingerprintOf(key);
        const pinned = way.hostKeys.includes(shown);
        if (!pinned) refusedKey = shown;
        return pinned;
      };
      client.once('ready', () => resolve(client));
      client.on('error', (error) => reject(refusedKey === undefined ? signInError(way, error) : wayHostKeyUnknown(way, refusedKey)));
      client.once('close', () => {
        onClose();
        reject(wayUnreachable(way, undefined));
      });
      try {
        client.connect({ ...settingsOf(way, secret), sock: sock as ConnectConfig['sock'], hostVerifier });
      } catch (error) {
        sock.destroy();
        reject(wayKeyInvalid(way, error));
      }
    });
  }
}

function settingsOf(way: SshWay, { password, privateKeyPem, passphrase }: WaySecret): ConnectConfig {
  return {
    username: way.user,
    password,
    privateKey: privateKeyPem,
    passphrase,
    agentForward: false,
    tryKeyboard: false,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_MISSES,
    readyTimeout: SIGN_IN_MS,
  };
}

function forward(client: Client, way: SshWay, { host, port }: DialTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error & { reason?: unknown }) => {
      if (error.reason === undefined) return reject(wayUnreachable(way, error));
      const said = error.message.replace(/^\(SSH\) Channel open failure: ?/, '').slice(0, 200) || 'no reason given';
      reject(error.reason === PROHIBITED ? wayRefused(way, said, error) : wayTargetUnreachable(way, said, error));
    };
    try {
      client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => (error ? failed(error) : resolve(channel)));
    } catch (error) {
      // "Not connected": it was lost since.
      reject(wayUnreachable(way, error));
    }
  });
}

function signInError(way: SshWay, error: Error & { level?: string }): SmartantError {
  return error.level === 'client-authentication' ? waySignInFailed(way, error) : wayUnreachable(way, error);
}
