import { constants } from 'node:os';
import { abortable } from '@smartant/platform/egress';
import type { SshLocation } from '@smartant/connectors';
import type { ClientChannel } from 'ssh2';
import { ChannelInput, ChannelOutput } from './channel-streams';
import { shellUnfit, sudoRefused } from './session-errors';
import type { SshConnection } from './ssh-connection';
import { StartWatch } from './start-watch';

export interface Opened {
  channel: ClientChannel;
  connection: SshConnection;
}

export interface CommandSettings {
  location: SshLocation;
  nonce: string;
  sudo: boolean;
}

/** sudo wants a terminal; nothing was run. */
export class TerminalWanted extends Error {}

const NO_TERMINAL = /you must have a tty|no tty present|terminal is required/;
const PREAMBLE_BYTES = 4 * 1024;

/**
 * A command on its channel. Nothing of its input is sent before it has begun: until then stdin is sudo's, which gets the password when it asks, once.
 */
export class RemoteCommand {
  readonly stdin: ChannelInput;
  readonly stdout: ChannelOutput;
  /** Resolves with the status when the command has ended; rejects with HOST_CONNECTION_LOST when that is not known. */
  readonly ended: Promise<number>;
  /** The process group at the host; resolves when the command has begun. Raises HOST_SUDO_REFUSED, HOST_SHELL_UNFIT, TerminalWanted. */
  readonly group: Promise<number>;
  private readonly watch: StartWatch;
  private begun = false;
  /** Ended, or being ended: nobody needs to be told that its streams break. */
  private over = false;
  private readonly loseEnd: (error: Error) => void;

  constructor(
    private readonly opened: Opened,
    private readonly settings: CommandSettings,
    onBroken: () => void,
  ) {
    const { channel, connection } = opened;
    const group = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<number>();
    for (const promise of [group.promise, ended.promise]) promise.catch(() => undefined);
    this.loseEnd = ended.reject;
    let asked = 0;
    const refuse = (error: Error) => {
      group.reject(error);
      channel.close();
    };
    this.watch = new StartWatch(settings.nonce, {
      asked: () => {
        asked += 1;
        const { password } = connection;
        if (password === undefined) return refuse(sudoRefused(settings.location, 'it asks for a password, and none was given'));
        if (asked > 1) return refuse(sudoRefused(settings.location, 'it did not accept the password'));
        channel.write(`${password}\n`);
      },
      started: (number) => {
        this.begun = true;
        group.resolve(number);
      },
    });
    channel.stderr.on('data', (chunk: Buffer) => this.watch.feed(chunk));
    const early = this.earlyOutput();
    const broken = () => void (this.over || onBroken());
    channel.once('close', () => (this.over = true));
    this.stdin = new ChannelInput(channel, broken);
    this.stdout = new ChannelOutput(channel, broken);
    channel.once('close', (code?: number | null, signal?: string) => {
      const status = statusOf(code, signal);
      const error = status === null ? connection.lossError() : undefined;
      if (!this.begun) group.reject(error ?? this.notBegun(`${early()}${this.watch.text()}`));
      this.stdout.finish(error);
      error ? ended.reject(error) : ended.resolve(status!);
    });
    this.group = group.promise;
    this.ended = ended.promise;
  }

  stderr(): { stderr: string; stderrCut: boolean } {
    return { stderr: this.watch.text(), stderrCut: this.watch.isCut };
  }

  /** Ends the channel; the command is ended by whoever knows its group. */
  close(): void {
    this.over = true;
    this.stdout.destroy();
    this.opened.channel.close();
  }

  /** Resolves when the channel is closed at both ends; past the signal it counts as lost. */
  async closed(signal: AbortSignal): Promise<void> {
    await abortable(this.ended, signal).catch(() => this.loseEnd(this.opened.connection.lossError()));
  }

  private notBegun(said: string): Error {
    const { sudo, location } = this.settings;
    if (!sudo) return shellUnfit(location, said);
    if (NO_TERMINAL.test(said)) return new TerminalWanted(said);
    return sudoRefused(location, said.trim().replace(/\s+/g, ' ') || 'it said nothing');
  }

  /** What a login shell writes that runs no command of ours ("This account is currently not available"). */
  private earlyOutput(): () => string {
    let early = '';
    this.opened.channel.on('data', (chunk: Buffer) => {
      if (!this.begun && early.length < PREAMBLE_BYTES) early += chunk.toString('utf8');
    });
    return () => early;
  }
}

/** As a shell tells it; null: it was not told. */
function statusOf(code: number | null | undefined, signal: string | undefined): number | null {
  if (typeof code === 'number') return code;
  if (signal === undefined) return null;
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}
