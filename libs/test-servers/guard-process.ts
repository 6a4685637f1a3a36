import { spawn, type SpawnOptions } from 'node:child_process';
import { createWriteStream, rmSync } from 'node:fs';

/**
 * Runs in a process of its own between a test process and a server that it started. Its stdin is a pipe from the test process:
 * when that ends, however it ends (even by SIGKILL), the pipe closes, and the server is stopped and its folder removed.
 * It must stay free of project imports, since Node runs it straight from this file.
 */
export interface GuardedServer {
  command: string;
  args: string[];
  options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;
  /** The server's output goes here. */
  logFile: string;
  /** Removed when the server has ended. */
  folder: string;
  /** What makes the server stop at once, without caring for its data. */
  stopSignal: NodeJS.Signals;
}

const KILL_AFTER_MS = 10_000;

function guard(server: GuardedServer): void {
  const log = createWriteStream(server.logFile, { flags: 'a' });
  const child = spawn(server.command, server.args, { ...server.options, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    child.kill(server.stopSignal);
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  };
  // Killed, as by a crash, its folder stays for whoever starts it again.
  const signals: Record<string, NodeJS.Signals> = { k: 'SIGKILL', f: 'SIGSTOP', c: 'SIGCONT' };
  process.stdin.setEncoding('latin1').on('data', (letters) => {
    for (const letter of String(letters)) child.kill(signals[letter]);
  });
  process.stdin.on('end', stop).on('error', stop);
  // A Ctrl-C in the terminal reaches the whole group: the end of stdin decides, so that nothing is left behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  child.on('error', (error) => log.write(`${String(error)}\n`));
  child.on('close', (status) => {
    if (stopping) rmSync(server.folder, { recursive: true, force: true, maxRetries: 5 });
    // A server that ended by itself leaves its folder, with the log, to whoever started it.
    process.exit(stopping ? 0 : (status ?? 1));
  });
}

if (process.argv[2] !== undefined) guard(JSON.parse(process.argv[2]) as GuardedServer);
