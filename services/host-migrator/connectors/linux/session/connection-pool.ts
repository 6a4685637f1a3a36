import { SmartantError } from '@smartant/kernel';
import type { ClientChannel } from 'ssh2';
import type { SshConnection } from './ssh-connection';

/** OpenSSH allows ten (MaxSessions); two are left for ending what runs. */
const CHANNELS = 8;

/**
 * Connections of a session: commands share them, bulk data has its own. One that was lost is replaced when the next command comes. Signs in
 * one after the other, since sshd drops those that come at once (MaxStartups).
 */
export class ConnectionPool {
  private readonly connections = new Set<SshConnection>();
  private readonly apart = new Set<SshConnection>();
  /** A line was run on them. */
  private readonly proven = new WeakSet<SshConnection>();
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;
  private channels = CHANNELS;

  constructor(private readonly connect: (signal: AbortSignal) => Promise<SshConnection>) {}

  /** Runs a line on a connection that has room; an urgent one on one that others leave it some. */
  async exec(line: string, signal: AbortSignal, { urgent = false } = {}): Promise<{ channel: ClientChannel; connection: SshConnection }> {
    for (let left = urgent ? 1 : 0; ; left = 0) {
      const connection = this.withRoom(this.channels + left) ?? (await this.open(this.connections, signal));
      try {
        const channel = await connection.exec(line);
        this.proven.add(connection);
        return { connection, channel };
      } catch (error) {
        const refused = error instanceof SmartantError && error.code === 'HOST_CHANNEL_REFUSED';
        if (!refused || !(connection.channels > 0 || this.proven.has(connection))) throw error;
        // Its server allows fewer than others do; and it may not have noticed yet that the one before has ended.
        if (connection.channels > 0) this.channels = Math.min(this.channels, connection.channels);
        else this.end(connection);
      }
    }
  }

  /** Runs a line on a connection of its own, which ends with it. */
  async execApart(line: string, signal: AbortSignal): Promise<{ channel: ClientChannel; connection: SshConnection }> {
    const connection = await this.open(this.apart, signal, false);
    try {
      const channel = await connection.exec(line);
      channel.once('close', () => this.end(connection));
      return { connection, channel };
    } catch (error) {
      this.end(connection);
      throw error;
    }
  }

  /** Signs in until there is room for so many lines more. */
  async reserve(lines: number, signal: AbortSignal): Promise<void> {
    while (this.room() < lines) await this.open(this.connections, signal, false);
  }

  close(): void {
    this.closed = true;
    for (const connection of [...this.connections, ...this.apart]) this.end(connection);
  }

  private withRoom(channels: number): SshConnection | undefined {
    return this.standing().find((connection) => connection.channels < channels);
  }

  private room(): number {
    return this.standing().reduce((sum, { channels }) => sum + Math.max(this.channels - channels, 0), 0);
  }

  private standing(): SshConnection[] {
    for (const connection of this.connections) if (connection.isClosed) this.connections.delete(connection);
    return [...this.connections];
  }

  private async open(among: Set<SshConnection>, signal: AbortSignal, sharing = true): Promise<SshConnection> {
    const mine = this.turn.then(async () => {
      if (this.closed) throw new Error('the session is closed');
      signal.throwIfAborted();
      const free = sharing ? this.withRoom(this.channels) : undefined;
      if (free) return free;
      const connection = await this.connect(signal);
      if (this.closed) {
        connection.close();
        throw new Error('the session is closed');
      }
      among.add(connection);
      return connection;
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private end(connection: SshConnection): void {
    this.connections.delete(connection);
    this.apart.delete(connection);
    connection.close();
  }
}
