import { finished } from 'node:stream/promises';
import { SmartantError } from '@smartant/kernel';
import type { SshLocation } from '@smartant/connectors';
import { abortable } from '@smartant/platform/egress';
import { commandLine, shownCommand, type Command, type LineOptions } from './command-line';
import type { ConnectionPool } from './connection-pool';
import type { CommandResult, HostSession, RemoteProcess, RunOptions, SessionTools, StreamOptions } from './host-session';
import { RemoteCommand, TerminalWanted } from './remote-command';
import { commandFailed, commandTimedOut, outputTooLarge, sudoRefused } from './session-errors';
import type { ConnectionFacts } from './ssh-connection';
import { WORK_VARIABLE } from './work-mark';

export interface SessionParts extends Pick<SessionTools, 'transcript' | 'host' | 'mark'> {
  location: SshLocation;
  pool: ConnectionPool;
  newNonce: () => string;
  facts: () => ConnectionFacts;
}

interface StartOptions extends Pick<StreamOptions, 'root' | 'apart' | 'environment' | 'signal'> {
  urgent?: boolean;
  /** It is at the host, and may have run. */
  onSent?: () => void;
}

const OUTPUT_BYTES = 16 * 1024 * 1024;
/** For a command to begin: sudo may ask a directory service. */
const START_MS = 60_000;
/** For a command to end when it is told to. */
const END_MS = 20_000;
const STDERR_TOLD = 2_000;

/** Ends a process group: politely, then at once, and waits until it is gone. A group that is gone is as good. (The `kill` of dash takes no `--` here.) */
const END_GROUP =
  'kill -TERM "-$1" 2>/dev/null || exit 0; i=0; while kill -0 "-$1" 2>/dev/null && [ $i -lt 60 ]; do [ $i -ne 20 ] || kill -KILL "-$1"; i=$((i+1)); sleep 0.1; done';

export class SshHostSession implements HostSession {
  /** Whether sudo at this host wants a terminal; seen at the first command. */
  private terminalWanted = false;

  constructor(private readonly parts: SessionParts) {}

  get facts(): ConnectionFacts {
    return this.parts.facts();
  }

  async run(command: Command, options: RunOptions): Promise<CommandResult> {
    const { stdin, okCodes = [0], timeoutMs, maxOutputBytes = OUTPUT_BYTES } = options;
    const { location } = this.parts;
    const shown = shownCommand(command);
    const limit = new AbortController();
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => limit.abort(commandTimedOut(location, shown, timeoutMs)), timeoutMs);
    try {
      const signal = AbortSignal.any([options.signal, limit.signal]);
      const running = await this.stream(command, { ...options, signal });
      running.stdin.end(stdin ?? '');
      const chunks: Buffer[] = [];
      let bytes = 0;
      running.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxOutputBytes) chunks.push(chunk);
        else limit.abort(outputTooLarge(shown, maxOutputBytes));
      });
      const read = finished(running.stdout);
      read.catch(() => undefined);
      const { exitCode, stderr } = await running.done;
      await read;
      if (!okCodes.includes(exitCode)) throw commandFailed(location, shown, exitCode, stderr);
      return { exitCode, stdout: Buffer.concat(chunks), stderr };
    } finally {
      clearTimeout(timer);
    }
  }

  async stream(command: Command, options: StreamOptions): Promise<RemoteProcess> {
    const { signal } = options;
    const record = this.recorder(command);
    let ending: Promise<void> | undefined;
    const end = () => (ending ??= this.end(running, options));
    let running: RemoteCommand;
    let sent = false;
    try {
      running = await this.start(command, { ...options, onSent: () => (sent = true) }, () => void end());
    } catch (error) {
      if (sent) record(null, error instanceof SmartantError ? error.message : '');
      throw error;
    }
    const onAbort = () => void end();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const done = (async () => {
      try {
        const exitCode = await running.ended;
        signal.throwIfAborted();
        const said = running.stderr();
        record(exitCode, said.stderr);
        return { exitCode, ...said };
      } catch (error) {
        record(null, running.stderr().stderr);
        await ending;
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    })();
    done.catch(() => undefined);
    return { stdin: running.stdin, stdout: running.stdout, done, kill: onAbort };
  }

  reserve(commands: number, signal: AbortSignal): Promise<void> {
    return this.parts.pool.reserve(commands, signal);
  }

  close(): void {
    this.parts.pool.close();
  }

  /** Resolves when the command has begun. */
  private async start(command: Command, options: StartOptions, onBroken: () => void): Promise<RemoteCommand> {
    try {
      return await this.startAs(command, options, this.terminalWanted ? 'in-terminal' : 'plain', onBroken);
    } catch (error) {
      if (!(error instanceof TerminalWanted)) throw error;
      if (this.terminalWanted) throw sudoRefused(this.parts.location, error.message);
    }
    // Nothing was run, and nothing of the input sent.
    this.terminalWanted = true;
    return this.start(command, options, onBroken);
  }

  private async startAs(command: Command, options: StartOptions, how: LineOptions['sudo'], onBroken: () => void): Promise<RemoteCommand> {
    const { location, pool, newNonce, mark } = this.parts;
    const { root = true, apart = false, urgent = false } = options;
    const sudo = root && location.become === 'sudo' && location.user !== 'root';
    const nonce = newNonce();
    const environment = { ...options.environment, ...(mark !== undefined && { [WORK_VARIABLE]: mark }) };
    const line = commandLine(command, { sudo: sudo ? how : 'no', environment, nonce });
    const opened = apart ? await pool.execApart(line, options.signal) : await pool.exec(line, options.signal, { urgent });
    options.onSent?.();
    const running = new RemoteCommand(opened, { location, nonce, sudo }, onBroken);
    const late = AbortSignal.timeout(START_MS);
    try {
      await abortable(running.group, AbortSignal.any([options.signal, late]));
      return running;
    } catch (error) {
      await this.end(running, options);
      options.signal.throwIfAborted();
      throw late.aborted ? commandTimedOut(location, shownCommand(command), START_MS) : error;
    }
  }

  /** Ends a command at the host, then its channel. Never raises: where the host cannot be reached, its sshd has closed the command's streams. */
  private async end(running: RemoteCommand, { root }: StartOptions): Promise<void> {
    const limit = AbortSignal.timeout(END_MS);
    try {
      const group = await abortable(running.group, limit);
      if (group > 1) {
        const ender = await this.start(
          ['sh', '-c', END_GROUP, 'sh', String(group)],
          { root, signal: limit, urgent: true },
          () => undefined,
        );
        ender.stdin.end();
        ender.stdout.resume();
        await ender.closed(limit);
      }
    } catch {
      // It was not begun, or the connection is gone.
    }
    running.close();
    await running.closed(limit);
  }

  private recorder(command: Command): (exitCode: number | null, stderr: string) => void {
    const startedAt = new Date();
    return (exitCode, stderr) =>
      this.parts.transcript({
        host: this.parts.host,
        command: shownCommand(command),
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
        exitCode,
        stderr: stderr.slice(-STDERR_TOLD),
      });
  }
}
