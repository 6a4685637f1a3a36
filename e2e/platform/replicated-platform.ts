import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  startRestartablePostgres,
  startToxiproxy,
  type FaultProxy,
  type RestartablePostgres,
  type Toxiproxy,
} from '@smartant/test-servers';
import { Client } from 'pg';
import { Balancer } from './balancer';
import { ROOT, waitFor, type CliResult } from './embedded-platform';
import { Replica, type ServiceDescription, type UnexpectedEnd } from './replica';

export type ServiceName = 'scheduler' | 'storage-migrator' | 'db-migrator' | 'host-migrator';
const SERVICES: readonly ServiceName[] = ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator'];

export interface ReplicatedPlatformOptions {
  /** Of each service. */
  replicas: number;
  /** With db-migrators, which nothing but migrations of databases needs. */
  databases?: boolean;
  /** With host-migrators, which nothing but migrations of hosts needs. */
  hosts?: boolean;
  /** False: without storage-migrators, for suites that migrate nothing but databases. */
  storage?: boolean;
  /** False: for suites that never cut the network to the database, which needs toxiproxy. */
  cuts?: boolean;
  environment?: Record<string, string> | undefined;
  /** A script that runs in place of a service's own. */
  scripts?: Partial<Record<ServiceName, string>>;
  postgres?: RestartablePostgres;
  /** Where the migrators have their database; with the schedulers' when absent. */
  migratorPostgres?: RestartablePostgres;
}

const RETRIED = new Set([408, 425, 429, 502, 503, 504]);
const API_PATIENCE_MS = 120_000;
const run = promisify(execFile);

/**
 * The platform as a cluster runs it: one database, several replicas of each service behind addresses that choose one for each
 * connection, a network that can be cut between everything. Settings and certificates are those of `npm start`.
 */
export class ReplicatedPlatform {
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'smartant-cluster-'));
  readonly unexpectedEnds: UnexpectedEnd[] = [];
  /** Answers of the API that say "internal error": the platform blames itself. */
  readonly internalErrors: string[] = [];
  readonly replicas: Record<ServiceName, Replica[]> = { scheduler: [], 'storage-migrator': [], 'db-migrator': [], 'host-migrator': [] };
  postgres!: RestartablePostgres;
  /** Not there where nothing is to be cut. */
  toxiproxy!: Toxiproxy;
  /** The network between the services and the database; as `toxiproxy`. */
  database!: FaultProxy;
  private readonly balancers: Balancer[] = [];
  private http!: Balancer;
  private accessToken = '';
  private services: ServiceDescription[] = [];

  constructor(private readonly options: ReplicatedPlatformOptions) {}

  /** Resolves when every replica is ready and the CLI can sign in. */
  async start(): Promise<void> {
    this.postgres = this.options.postgres ?? (await startRestartablePostgres());
    if (this.options.cuts !== false) {
      this.toxiproxy = await startToxiproxy();
      this.database = await this.toxiproxy.createProxy(`127.0.0.1:${this.postgres.port}`);
    }
    const scheduler = await this.balance('scheduler', 'grpc');
    const migrator = await this.balance('storage-migrator', 'grpc');
    const databaseMigrator = await this.balance('db-migrator', 'grpc');
    const hostMigrator = await this.balance('host-migrator', 'grpc');
    this.http = await this.balance('scheduler', 'http');
    const ports = {
      http: this.http.port,
      schedulerGrpc: scheduler.port,
      schedulerAdmin: 0,
      storageMigratorGrpc: migrator.port,
      storageMigratorAdmin: 0,
      dbMigratorGrpc: databaseMigrator.port,
      dbMigratorAdmin: 0,
      hostMigratorGrpc: hostMigrator.port,
      hostMigratorAdmin: 0,
      // Nobody listens there: alerts wait on the bus.
      notifierGrpc: 1,
      notifierAdmin: 0,
      notifierIntake: 0,
      postgres: this.options.cuts === false ? this.postgres.port : Number(this.database.address.split(':')[1]),
    };
    const { migratorPostgres: apart } = this.options;
    const ofMigrator = apart && (await this.prepareApart(apart, ports));
    this.services = await this.ask<ServiceDescription[]>('prepare', { adminUrl: this.postgres.adminUrl, ports });
    if (ofMigrator) this.services = this.services.map((service) => (service.name === ofMigrator.name ? ofMigrator : service));
    for (const name of SERVICES) {
      if (name === 'db-migrator' && !this.options.databases) continue;
      if (name === 'host-migrator' && !this.options.hosts) continue;
      if (name === 'storage-migrator' && this.options.storage === false) continue;
      for (let index = 1; index <= this.options.replicas; index += 1)
        this.replicas[name].push(await this.make(name, index, this.options.scripts?.[name]));
    }
    await Promise.all(this.all().map((replica) => replica.start()));
    await this.ask('sign-in', { url: this.url });
  }

  /** The migrators as they would be if everything were on that server. */
  private async prepareApart({ adminUrl, port }: RestartablePostgres, ports: object): Promise<ServiceDescription> {
    const services = await this.ask<ServiceDescription[]>('prepare', { adminUrl, ports: { ...ports, postgres: port } });
    const migrator = services.find(({ name }) => name === 'storage-migrator')!;
    const { SMARTANT_DATABASE_URL_FILE: file, ...environment } = migrator.environment;
    return { ...migrator, environment: { ...environment, SMARTANT_DATABASE_URL: readFileSync(file!, 'utf8').trim() } };
  }

  /** One more replica, of this version; resolves when it is ready. */
  async add(name: ServiceName): Promise<Replica> {
    const replica = await this.make(name, this.replicas[name].length + 1);
    this.replicas[name].push(replica);
    await replica.start();
    return replica;
  }

  private make(name: ServiceName, index: number, script?: string): Promise<Replica> {
    const described = this.services.find((service) => service.name === name)!;
    const environment = {
      ...described.environment,
      SMARTANT_TRACE_EXPORTER: 'none',
      SMARTANT_WORKER_CONCURRENCY: '8',
      ...this.options.environment,
    };
    return Replica.make(index, { name, script: script ?? described.script, environment }, this.dataFolder, (end) =>
      this.unexpectedEnds.push(end),
    );
  }

  all(): Replica[] {
    return SERVICES.flatMap((name) => this.replicas[name]);
  }

  private async balance(service: ServiceName, port: 'http' | 'grpc'): Promise<Balancer> {
    const balancer = await Balancer.start(() => {
      const ready = this.replicas[service].filter((replica) => replica.isReady);
      return ready[Math.floor(Math.random() * ready.length)]?.ports[port];
    });
    this.balancers.push(balancer);
    return balancer;
  }

  private async ask<T>(step: string, argument: object): Promise<T> {
    const script = join(ROOT, 'e2e', 'platform', 'cluster-environment.mjs');
    const { stdout } = await run(process.execPath, [script, step, JSON.stringify({ dataFolder: this.dataFolder, ...argument })]);
    return JSON.parse(stdout) as T;
  }

  get url(): string {
    return `http://127.0.0.1:${this.http.port}`;
  }

  /** The key that was pinned at installation. */
  get reportPublicKeyPem(): string {
    return (this.cliToken() as { reportPublicKeyPem: string }).reportPublicKeyPem;
  }

  private cliToken(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.dataFolder, 'cli-token.json'), 'utf8')) as Record<string, string>;
  }

  /**
   * One call of the API at some replica, signed in as administrator. What a good client does is done here: the same
   * idempotency key again at another replica when one is gone, away or overloaded. Rejects on any other refusal.
   */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const key = randomUUID();
    let answer: { status: number; text: string } | undefined;
    await waitFor(
      `${method} ${path}`,
      async () => {
        answer = await this.call(method, path, body, key);
        return answer !== undefined;
      },
      API_PATIENCE_MS,
    );
    const { status, text } = answer!;
    if (status >= 400) throw new ApiRefusal(status, `${method} ${path}: ${status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Undefined when it should be tried again. */
  private async call(method: string, path: string, body: unknown, key: string): Promise<{ status: number; text: string } | undefined> {
    const ready = this.replicas.scheduler.filter((replica) => replica.isReady && !replica.isFrozen);
    const replica = ready[Math.floor(Math.random() * ready.length)];
    if (!replica) return undefined;
    const base = `http://127.0.0.1:${replica.ports.http}`;
    if (!this.accessToken && !(await this.signIn(base))) return undefined;
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.accessToken}`, 'content-type': 'application/json', 'idempotency-key': key },
      signal: AbortSignal.timeout(15_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 500) this.internalErrors.push(`${replica.name} ${method} ${path}: ${text}\n${replica.logOf(text)}`);
    if (response.status === 401) this.accessToken = '';
    return response.status === 401 || response.status === 500 || RETRIED.has(response.status)
      ? undefined
      : { status: response.status, text };
  }

  private async signIn(base: string): Promise<boolean> {
    const response = await fetch(`${base}/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiKey: this.cliToken()['apiKey'] }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    if (response.ok) this.accessToken = (JSON.parse(text) as { accessToken: string }).accessToken;
    return response.ok;
  }

  /** Asks the database itself, past every proxy, as its superuser. */
  async query<Row>(sql: string, parameters: unknown[] = [], server = this.postgres): Promise<Row[]> {
    const url = new URL(server.adminUrl);
    url.pathname = '/smartant';
    const client = new Client({ connectionString: url.toString() });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql, parameters)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** Runs `smartant` against the balanced address. */
  async cli(args: string[]): Promise<CliResult> {
    const environment = { ...process.env, NO_COLOR: '1', LANG: 'C', SMARTANT_HOME: this.dataFolder };
    const script = join(ROOT, 'cli', 'bin', 'smartant.mjs');
    return run(process.execPath, [script, ...args], { cwd: this.dataFolder, env: environment }).then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error: { code?: number; stdout: string; stderr: string }) => ({
        status: error.code ?? -1,
        stdout: error.stdout,
        stderr: error.stderr,
      }),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(this.all().map((replica) => replica.kill()));
    await Promise.all(this.balancers.map((balancer) => balancer.stop()));
    await this.toxiproxy?.stop();
    await this.postgres?.stop();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}

/** The API said no, and would again. */
export class ApiRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
