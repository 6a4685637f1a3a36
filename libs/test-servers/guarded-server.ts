import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';
import type { GuardedServer } from './guard-process';

export interface RunningServer {
  /** Null while it runs. */
  exitStatus(): number | null;
  /** The last lines of its output, for error messages. */
  logTail(): string;
  /** Kills the server with SIGKILL, as a crash would, and leaves its folder. */
  kill(): Promise<void>;
  /** Stops it in the middle of whatever it does: its connections stay, and nobody answers on them. */
  freeze(): void;
  /** Lets a frozen server go on. */
  thaw(): void;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
}

const LOG_TAIL_CHARACTERS = 2_000;

/**
 * Starts a server that cannot outlive this process: see guard-process.ts. It never keeps this process alive by itself.
 */
export function startGuarded(server: GuardedServer): RunningServer {
  // Node runs the guard from its TypeScript source under jest (types are stripped), and from its build elsewhere.
  const script = join(__dirname, `guard-process${extname(__filename)}`);
  const guard = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(server)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  guard.stdin.on('error', () => undefined);
  letGo(guard);
  const ended = new Promise<void>((resolve) => guard.once('close', () => resolve()));
  const readLog = () => {
    try {
      return readFileSync(server.logFile, 'utf8');
    } catch {
      return '';
    }
  };
  return {
    exitStatus: () => guard.exitCode,
    logTail: () => readLog().slice(-LOG_TAIL_CHARACTERS),
    kill: async () => {
      guard.ref();
      guard.stdin.write('k');
      await ended;
    },
    freeze: () => void guard.stdin.write('f'),
    thaw: () => void guard.stdin.write('c'),
    stop: async () => {
      guard.ref();
      guard.stdin.end();
      await ended;
      rmSync(server.folder, { recursive: true, force: true });
    },
  };
}

function letGo(child: ChildProcess): void {
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
}

/** A TCP port on 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Asks again until `ready` resolves true; fails with the server's log when it has ended or the time is over. */
export async function waitUntilReady(
  server: Pick<RunningServer, 'exitStatus' | 'logTail'>,
  name: string,
  ready: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await ready())) {
    if (server.exitStatus() !== null) throw new Error(`${name} ended with status ${server.exitStatus()}:\n${server.logTail()}`);
    if (Date.now() > deadline) throw new Error(`${name} was not ready after ${timeoutMs} ms:\n${server.logTail()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
