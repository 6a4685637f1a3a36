import { spawn, type ChildProcess } from 'node:child_process';

/** A real server as a child process. */
export interface ChildServer {
  /** The server's own process id: for signals (SIGKILL, SIGSTOP) in tests. */
  readonly pid: number;
  /** What it printed so far (the last 64 KiB): for messages of failed tests. */
  output(): string;
  /** Whether the server still runs; a stopped (SIGSTOP) one does. */
  isRunning(): boolean;
  /** Resolves when it is gone, for whatever reason, with its exit status (128 + the signal's number when it was killed). */
  readonly ended: Promise<number>;
  /** Ends it and waits until it is gone. Idempotent. */
  stop(): Promise<void>;
}

export interface ChildServerOptions {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Resolves with true once the server answers; asked again every 25 ms until then. */
  ready: () => Promise<boolean>;
  readyTimeoutMs?: number;
}

/**
 * The server dies with us, however we die: a shell waits for the end of its standard input, whose other end we hold,
 * and kills the server then. (PR_SET_PDEATHSIG exists on Linux only, and exit handlers do not run on SIGKILL.)
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
echo "pid $server"
( read -r _ <&3; kill -9 "$server" ) >/dev/null 2>&1 &
guard=$!
wait "$server"
code=$?
kill -9 "$guard" 2>/dev/null
exit "$code"
`;

const OUTPUT_LIMIT = 64 * 1024;

/** Starts a server and waits until it is ready. Rejects with its output when it ends or stays silent. */
export async function startChildServer(options: ChildServerOptions): Promise<ChildServer> {
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', options.command, ...options.args], {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let pid = 0;
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT);
    pid ||= Number(/^pid (\d+)$/m.exec(output)?.[1] ?? 0);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
  const stop = async () => {
    child.stdin.destroy();
    await exited;
  };
  try {
    await waitUntilReady(options, child, { pid: () => pid, output: () => output });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid,
    output: () => output,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    ended: exited,
    stop,
  };
}

async function waitUntilReady(
  options: ChildServerOptions,
  child: ChildProcess,
  { pid, output }: { pid: () => number; output: () => string },
): Promise<void> {
  const deadline = Date.now() + (options.readyTimeoutMs ?? 60_000);
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${options.name} ended while starting:\n${output()}`);
    if (pid() && (await options.ready().catch(() => false))) return;
    if (Date.now() > deadline) throw new Error(`${options.name} was not ready in time:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
