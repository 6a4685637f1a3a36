import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPort, serverFolder } from '@smartant/test-servers';

export const ROOT = join(__dirname, '..', '..');
const READY_TIMEOUT_MS = 120_000;

const PORT_VARIABLES = [
  'SMARTANT_HTTP_PORT',
  'SMARTANT_SCHEDULER_GRPC_PORT',
  'SMARTANT_SCHEDULER_ADMIN_PORT',
  'SMARTANT_STORAGE_MIGRATOR_GRPC_PORT',
  'SMARTANT_STORAGE_MIGRATOR_ADMIN_PORT',
  'SMARTANT_DB_MIGRATOR_GRPC_PORT',
  'SMARTANT_DB_MIGRATOR_ADMIN_PORT',
  'SMARTANT_HOST_MIGRATOR_GRPC_PORT',
  'SMARTANT_HOST_MIGRATOR_ADMIN_PORT',
  'SMARTANT_NOTIFIER_GRPC_PORT',
  'SMARTANT_NOTIFIER_ADMIN_PORT',
  'SMARTANT_NOTIFIER_INTAKE_PORT',
  'SMARTANT_POSTGRES_PORT',
  'SMARTANT_SAMPLE_S3_PORT',
];

interface CliToken {
  url: string;
  apiKey: string;
  workspace: string;
  reportKeyId: string;
  reportPublicKeyPem: string;
}

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** The whole platform as `npm start -- --no-sample` runs it, on free ports and a data folder of its own. */
export class EmbeddedPlatform {
  readonly dataFolder = serverFolder('smartant-e2e-');
  #supervisor: ChildProcess | undefined;
  #ports: Record<string, string> = {};
  #output = '';
  #accessToken = '';

  constructor(private readonly environment: Record<string, string> = {}) {}

  /** Resolves when the API answers and the CLI can sign in. */
  async start(): Promise<void> {
    await this.choosePorts();
    const child = spawn(process.execPath, [join(ROOT, 'tools', 'start', 'start.mjs'), '--no-sample'], {
      cwd: ROOT,
      env: { ...process.env, ...this.environment, ...this.#ports, SMARTANT_DATA: this.dataFolder },
      // The channel tells the supervisor to stop when this process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#supervisor = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    await waitFor(
      'the platform to be ready',
      async () => this.#isReady(child),
      READY_TIMEOUT_MS,
      () => this.#output,
    );
    this.#accessToken = '';
  }

  /** The ports that `start` will use, in its variables. */
  async choosePorts(): Promise<Record<string, string>> {
    for (const variable of PORT_VARIABLES) this.#ports[variable] ??= String(await lastingPort());
    return this.#ports;
  }

  async #isReady(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`the platform ended with status ${child.exitCode}:\n${this.#output}`);
    if (!this.#output.includes('SmartAnt is ready') || !existsSync(join(this.dataFolder, 'cli-token.json'))) return false;
    return (await fetch(`${this.url}/v1/version`)).ok;
  }

  /** The port that a variable of `npm start` was given. */
  port(variable: string): string {
    return this.#ports[variable] ?? '';
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports['SMARTANT_HTTP_PORT']}`;
  }

  get token(): CliToken {
    return JSON.parse(readFileSync(join(this.dataFolder, 'cli-token.json'), 'utf8')) as CliToken;
  }

  get output(): string {
    return this.#output;
  }

  /** The process id of a service (or "postgres") as the supervisor last recorded it. */
  pidOf(name: string): number | undefined {
    const path = join(this.dataFolder, 'run', 'processes.json');
    try {
      return (JSON.parse(readFileSync(path, 'utf8')) as { name: string; pid: number }[]).find((entry) => entry.name === name)?.pid;
    } catch {
      return undefined; // being written just now
    }
  }

  /** One call of the API, signed in as administrator. Rejects on an answer other than 2xx unless `anyStatus`. */
  async api<T>(
    method: string,
    path: string,
    body?: unknown,
    options: { headers?: Record<string, string>; anyStatus?: boolean } = {},
  ): Promise<T> {
    if (!this.#accessToken) await this.#signIn();
    const send = () =>
      fetch(`${this.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.#accessToken}`, 'content-type': 'application/json', ...options.headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    // A kept connection may be ended as the next request sets out on it; a starved process notices late.
    const response = await send().catch((error: unknown) => {
      if (method !== 'GET' || !(error instanceof TypeError)) throw error;
      return send();
    });
    if (response.status === 401 && !options.anyStatus) {
      await this.#signIn();
      return this.api(method, path, body, { ...options, anyStatus: true });
    }
    const text = await response.text();
    if (!response.ok && !options.anyStatus) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async #signIn(): Promise<void> {
    const response = await fetch(`${this.url}/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiKey: this.token.apiKey }),
    });
    if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
    this.#accessToken = ((await response.json()) as { accessToken: string }).accessToken;
  }

  /** Runs `smartant` as a user of this data folder would; resolves with status and output, whatever the status. */
  cli(args: string[], environment: Record<string, string> = {}): Promise<CliResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(ROOT, 'cli', 'bin', 'smartant.mjs'), ...args], {
        cwd: this.dataFolder,
        env: { ...process.env, NO_COLOR: '1', LANG: 'C', SMARTANT_HOME: this.dataFolder, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.once('error', reject);
      child.once('close', (status) => resolve({ status: status ?? -1, stdout, stderr }));
    });
  }

  /** Stops as Ctrl-C does; the data folder stays for another `start`. */
  async stop(): Promise<void> {
    const child = this.#supervisor;
    this.#supervisor = undefined;
    this.#output = '';
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}

/** Polls a condition until it holds. Rejects after `timeoutMs`, with what `context` tells. */
export async function waitFor(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs: number,
  context: () => string = () => '',
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadlineMs) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('the platform ended')) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`gave up waiting for ${what} after ${timeoutMs / 1000} s${last ? `: ${String(last)}` : ''}\n${context()}`);
}
