import type { Client, ClientChannel } from 'ssh2';
import type { SshLocation } from '@smartant/connectors';
import { channelRefused, connectionLost } from './session-errors';

/** What was learnt while signing in. */
export interface ConnectionFacts {
  /** Fingerprint of the host key that the server proved. */
  hostKey: string;
  keyType: string;
  /** That key, in base64. */
  publicKey: string;
  /** "OpenSSH_9.2p1 …" */
  server: string;
  /** Weak algorithms that had to be used; empty with anything newer than OpenSSH 6.7. */
  weakAlgorithms: string[];
}

/** One signed-in connection. */
export class SshConnection {
  /** Channels in use. */
  channels = 0;
  private lost: { cause: unknown } | undefined;

  constructor(
    private readonly client: Client,
    private readonly location: SshLocation,
    readonly facts: ConnectionFacts,
    /** For sudo. */
    readonly password: string | undefined,
  ) {
    let cause: unknown;
    client.on('error', (error) => (cause = error));
    client.once('close', () => (this.lost = { cause }));
  }

  get isClosed(): boolean {
    return this.lost !== undefined;
  }

  /** The reason why a channel ended without a status. */
  lossError() {
    return connectionLost(this.location, this.lost?.cause);
  }

  onClose(listener: () => void): void {
    this.client.once('close', listener);
  }

  close(): void {
    this.client.end();
  }

  /**
   * Raises HOST_CONNECTION_LOST, HOST_CHANNEL_REFUSED. It takes no signal: a command that is sent is begun, and has to be ended by its group. The
   * channel is given back by itself.
   */
  async exec(line: string): Promise<ClientChannel> {
    this.channels += 1;
    try {
      const channel = await new Promise<ClientChannel>((resolve, reject) => {
        const onLost = () => reject(this.lossError());
        this.client.once('close', onLost);
        this.client.exec(line, (error, opened) => {
          this.client.removeListener('close', onLost);
          error ? reject(this.lost ? this.lossError() : channelRefused(this.location, error)) : resolve(opened);
        });
      });
      channel.once('close', () => (this.channels -= 1));
      return channel;
    } catch (error) {
      this.channels -= 1;
      // "Not connected": it was lost before.
      throw (error as { code?: string }).code?.startsWith('HOST_') ? error : connectionLost(this.location, error);
    }
  }
}
