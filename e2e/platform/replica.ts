import { lastingPort, startChildServer, type ChildServer } from '@smartant/test-servers';
import { waitFor } from './embedded-platform';

export interface ServiceDescription {
  name: string;
  script: string;
  environment: Record<string, string>;
}

/** An end that nobody asked for. A service whose database is away may refuse to start (1); 70 is a crash of its own. */
export interface UnexpectedEnd {
  replica: string;
  status: number;
  wasReady: boolean;
  output: string;
}

const READY_TIMEOUT_MS = 300_000;
const GRACE_MS = 30_000;
const PROBE_MS = 500;
const RESTART_MS = 500;

/** One process of a service, kept running as an orchestrator would until it is stopped or killed on purpose. */
export class Replica {
  private child: ChildServer | undefined;
  private wanted = false;
  private keeping: Promise<void> = Promise.resolve();
  private probe: NodeJS.Timeout | undefined;
  private answers = false;
  private frozen = false;
  private lastEnd = '';
  /** Of its last process that has ended. */
  lastStatus: number | undefined;

  private constructor(
    readonly name: string,
    private readonly service: ServiceDescription,
    readonly ports: { http: number; grpc: number; admin: number },
    private readonly onUnexpectedEnd: (end: UnexpectedEnd) => void,
  ) {}

  static async make(
    index: number,
    service: ServiceDescription,
    dataFolder: string,
    onUnexpectedEnd: (end: UnexpectedEnd) => void,
  ): Promise<Replica> {
    const name = `${service.name}-${index}`;
    const ports = { http: await lastingPort(), grpc: await lastingPort(), admin: await lastingPort() };
    const own = {
      SMARTANT_GRPC_PORT: String(ports.grpc),
      SMARTANT_ADMIN_PORT: String(ports.admin),
      ...(service.environment['SMARTANT_HTTP_PORT'] ? { SMARTANT_HTTP_PORT: String(ports.http) } : {}),
      SMARTANT_LOGS_DIR: `${dataFolder}/logs/${name}`,
      NODE_ENV: '',
    };
    return new Replica(name, { ...service, environment: { ...service.environment, ...own } }, ports, onUnexpectedEnd);
  }

  /** Whether new connections should come here: its readiness probe answered, as Kubernetes would ask it. */
  get isReady(): boolean {
    return this.answers;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  /** Whether it is meant to run. */
  get isWanted(): boolean {
    return this.wanted;
  }

  /** The last of what it printed. */
  get output(): string {
    return this.child?.output() ?? '';
  }

  /** What it logged under the trace that an answer of it names. */
  logOf(answer: string): string {
    const trace = /"traceId":"(\w+)"/.exec(answer)?.[1] ?? 'no trace';
    return this.output
      .split('\n')
      .filter((line) => line.includes(trace))
      .join('\n');
  }

  /** Starts it, again and again if it must be; resolves once it is ready. */
  async start(): Promise<void> {
    if (!this.wanted) {
      this.wanted = true;
      this.keeping = this.keep();
    }
    await this.untilReady();
  }

  /** Rejects, with what it printed last, when it is not ready in time or ends again and again. */
  async untilReady(): Promise<void> {
    const isReady = (): boolean => this.answers || !this.wanted;
    await waitFor(`${this.name} to be ready`, isReady, READY_TIMEOUT_MS, () => this.lastEnd + this.output.slice(-4_000));
  }

  /** Asks it to end, and waits until it has. Rejects when it has not in the time that Kubernetes gives. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
    const startedMs = Date.now();
    await this.keeping;
    clearTimeout(late);
    if (Date.now() - startedMs >= GRACE_MS) throw new Error(`${this.name} did not end within ${GRACE_MS / 1_000} s of SIGTERM`);
  }

  /** Ends it at once, and keeps it away until `start`. */
  async kill(): Promise<void> {
    this.wanted = false;
    this.frozen = false;
    this.signal('SIGKILL');
    await this.keeping;
  }

  /** Stops it where it stands; its connections and timers stay. */
  freeze(): void {
    this.frozen = true;
    this.signal('SIGSTOP');
  }

  wake(): void {
    this.frozen = false;
    this.signal('SIGCONT');
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      if (this.child?.isRunning()) process.kill(this.child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  private async keep(): Promise<void> {
    while (this.wanted) {
      const child = (this.child = await this.spawn());
      if (!this.wanted) this.signal('SIGKILL');
      this.probe = setInterval(() => void this.look(), PROBE_MS);
      const status = (this.lastStatus = await child.ended);
      clearInterval(this.probe);
      const wasReady = this.answers;
      this.answers = false;
      if (!this.wanted) return;
      this.lastEnd = child.output().slice(-2_000);
      this.onUnexpectedEnd({ replica: this.name, status, wasReady, output: this.lastEnd });
      await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  }

  private spawn(): Promise<ChildServer> {
    return startChildServer({
      name: this.name,
      command: process.execPath,
      args: ['--enable-source-maps', '--v8-pool-size=1', this.service.script],
      env: this.service.environment,
      ready: async () => true,
    });
  }

  private async look(): Promise<void> {
    const url = `http://127.0.0.1:${this.ports.admin}/readyz`;
    this.answers = await fetch(url, { signal: AbortSignal.timeout(2 * PROBE_MS) }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.ok;
      },
      () => false,
    );
  }
}
