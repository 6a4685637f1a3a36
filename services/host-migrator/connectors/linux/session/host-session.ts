import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import { dialerFor, type ConnectionGuard } from '@smartant/platform/egress';
import type { HostEndpoint, TranscriptEntry } from '../../../application/ports/host-engine';
import type { Command } from './command-line';
import { connectSsh } from './connect-ssh';
import { ConnectionPool } from './connection-pool';
import { locationUnfit, notLinux, shellUnfit } from './session-errors';
import { SshHostSession } from './ssh-host-session';
import type { ConnectionFacts, SshConnection } from './ssh-connection';

export type { Command } from './command-line';

/**
 * Commands at a host over SSH. Any number at once. A connection that is lost fails what runs on it with HOST_CONNECTION_LOST, and the next command
 * makes another. Raises HOST_… (docs/errors/host.md), EGRESS_… and WAY_…; what waiting may mend is retryable. When a signal is aborted, the
 * command is ended at the host, with everything that it started, before its promise rejects with the signal's reason.
 */
export interface HostSession {
  /**
   * Runs a command to its end. Output is bounded (default 16 MiB of stdout; more raises). Raises HOST_COMMAND_FAILED (or HOST_DISK_FULL,
   * HOST_READ_ONLY) unless the exit code is among okCodes (default [0]). Root by sudo when the endpoint says so, unless root: false.
   */
  run(argv: Command, options: RunOptions): Promise<CommandResult>;
  /**
   * Starts a command whose stdin/stdout are streams; `done` settles with its exit code. Resolves when it has begun. Its own connection when
   * `apart: true` (bulk data: one channel moves at most 2 MiB in a round trip).
   */
  stream(command: Command, options: StreamOptions): Promise<RemoteProcess>;
  /** Signs in as often as so many commands at once take, beside those that run: none of them does then. */
  reserve(commands: number, signal: AbortSignal): Promise<void>;
  /** Of the first connection. */
  readonly facts: ConnectionFacts;
  /** Ends all connections; what runs on them fails. */
  close(): void;
}

export interface RunOptions {
  signal: AbortSignal;
  stdin?: Buffer | string;
  okCodes?: readonly number[];
  /** Absent: as long as it takes. */
  timeoutMs?: number;
  root?: boolean;
  maxOutputBytes?: number;
  environment?: Record<string, string>;
}

export interface StreamOptions {
  signal: AbortSignal;
  root?: boolean;
  apart?: boolean;
  environment?: Record<string, string>;
}

export interface CommandResult {
  exitCode: number;
  stdout: Buffer;
  /** The last 16 MiB, in whole lines. */
  stderr: string;
}

/** How a command came to its end. */
export interface CommandEnd {
  exitCode: number;
  /** The last 16 MiB, in whole lines. */
  stderr: string;
  /** It has said more than that: whoever judges by what it did not say must not trust it. */
  stderrCut: boolean;
}

export interface RemoteProcess {
  /** End it, or the command waits for more. Destroyed before its end, it ends the command. */
  stdin: Writable;
  /** Read it to its end, or destroy it, which ends the command. */
  stdout: Readable;
  /** Any status resolves. Rejects with HOST_CONNECTION_LOST, or the reason of the signal. */
  done: Promise<CommandEnd>;
  /** Ends the command at the host, with all that it started. */
  kill(): void;
}

export interface SessionTools {
  guard: ConnectionGuard;
  transcript: (entry: TranscriptEntry) => void;
  host: TranscriptEntry['host'];
  /** In the environment of every command, so that it can be told from those of another holder of the work (`workMark`). */
  mark?: string;
}

/** Bytes that shells and start files would spoil. */
const PROBE = `a b'c"d\\e\\'$f\`g\`!h*~{i,j}\n%%\u00e9`;

/** Signs in and sees that commands arrive as they are sent. Raises what HostSession does. */
export async function openHostSession(endpoint: HostEndpoint, tools: SessionTools, signal: AbortSignal): Promise<HostSession> {
  const { location } = endpoint;
  if (location.kind !== 'ssh') throw locationUnfit(location.kind);
  const secretOf = async (within: AbortSignal) => {
    const secret = await endpoint.secret(within);
    return secret.kind === 'ssh' ? secret : { ...secret, kind: 'ssh' as const };
  };
  let facts: ConnectionFacts | undefined;
  const connect = async (within: AbortSignal): Promise<SshConnection> => {
    const secret = await secretOf(within);
    const dialer = dialerFor({ guard: tools.guard, ways: location.via ?? [], secret: async () => secret.network ?? {} });
    const connection = await connectSsh({ location, secret, dialer }, within).catch((error: unknown) => {
      dialer.close();
      throw error;
    });
    connection.onClose(() => dialer.close());
    facts ??= connection.facts;
    return connection;
  };
  const session = new SshHostSession({ location, pool: new ConnectionPool(connect), ...tools, newNonce, facts: () => facts! });
  try {
    const { stdout } = await session.run(['printf', '%s', PROBE], { signal, root: false, timeoutMs: 30_000 });
    if (stdout.toString('utf8') !== PROBE) throw shellUnfit(location, stdout.toString('utf8').replaceAll(PROBE, ''));
    return session;
  } catch (error) {
    session.close();
    if (isWindows(facts?.server ?? '', error)) throw notLinux('Windows');
    throw error;
  }
}

/** Its SSH server names it; behind another server, its shell knows none of our words and says so. */
function isWindows(server: string, error: unknown): boolean {
  return /windows/i.test(server) || (error instanceof SmartantError && WINDOWS_SHELL.test(error.message));
}

/** What cmd and PowerShell say of a command that they do not know. */
const WINDOWS_SHELL = /is not recognized as (?:an internal|the name of)|不是内部或外部命令|无法将.+项识别为/;

const newNonce = (): string => `smartant-${randomBytes(9).toString('hex')}`;
