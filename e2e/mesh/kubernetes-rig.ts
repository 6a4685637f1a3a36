import { KubeConfig } from '@kubernetes/client-node';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { freshDatabase, type ChildServer } from '@smartant/test-servers';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { watcherMigrations } from '../../services/notifier/adapters/postgres/watcher-migrations';
import type { AlertIntake } from '../../services/notifier/application/ports/alert-intake';
import { fingerprintOf, type AlertReport } from '../../services/notifier/domain/alert';
import { startWatchers, type Watchers } from '../../services/notifier/watchers/compose-watchers';
import type { WatcherOptions } from '../../services/notifier/watchers/watcher-settings';
import { startApiServer, startEtcd, type ApiServer } from './control-plane';

/** A real API server with its etcd, without controllers, scheduler and kubelets: the test says what those would. */
export class KubernetesRig {
  private readonly servers: ChildServer[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'smartant-watched-'));
  private etcd = '';
  private port = 0;
  api!: ApiServer;

  static async start(): Promise<KubernetesRig> {
    const rig = new KubernetesRig();
    rig.etcd = await startEtcd(rig.folder, rig.servers);
    rig.api = await startApiServer(rig.folder, rig.etcd, rig.servers);
    rig.port = Number(new URL(rig.api.url).port);
    return rig;
  }

  async create(path: string, body: object): Promise<{ metadata: { uid: string; resourceVersion: string } }> {
    return JSON.parse(await this.api.request('POST', path, body, 'application/json')) as never;
  }

  async mergeStatus(path: string, status: object): Promise<void> {
    await this.api.request('PATCH', `${path}/status`, { status }, 'application/merge-patch+json');
  }

  async merge(path: string, change: object): Promise<void> {
    await this.api.request('PATCH', path, change, 'application/merge-patch+json');
  }

  async node(name: string, ready: 'True' | 'False' = 'True', allocatable = { pods: '110', cpu: '4', memory: '8Gi' }): Promise<void> {
    await this.create('/api/v1/nodes', { metadata: { name } });
    await this.mergeStatus(`/api/v1/nodes/${name}`, { ...nodeStatus({ Ready: ready }), allocatable, capacity: allocatable });
  }

  /** As a client writes events: the same one again raises its count. */
  async event(
    name: string,
    reason: string,
    involved: { kind: string; name: string },
    count = 1,
    message = `${reason} happened`,
  ): Promise<string> {
    const { metadata } = await this.create('/api/v1/namespaces/prod/events', {
      metadata: { name, namespace: 'prod' },
      involvedObject: { ...involved, namespace: 'prod', apiVersion: 'v1' },
      ...{ reason, message, count, type: 'Warning', source: { component: 'test' } },
      ...{ firstTimestamp: nowSeconds(), lastTimestamp: nowSeconds() },
    });
    return metadata.uid;
  }

  /** Of the service account, as a pod has it. */
  async token(account: string): Promise<string> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const answer = await this.api.request('POST', `/api/v1/namespaces/prod/serviceaccounts/${account}/token`, body, 'application/json');
    return (JSON.parse(answer) as { status: { token: string } }).status.token;
  }

  async stopApiServer(): Promise<void> {
    await this.servers.pop()!.stop();
  }

  /** Its memory of changes is empty, and etcd's is compacted: what a watch would go on from is gone. */
  async startApiServerAnew(): Promise<void> {
    this.api = await startApiServer(this.folder, this.etcd, this.servers, this.port);
  }

  /** By etcd's gateway: https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/ */
  async compact(): Promise<void> {
    const ask = async (path: string, body: object) => {
      const answer = await fetch(`${this.etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`etcd answered with ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as { header: { revision: string } };
    };
    const { header } = await ask('range', { key: 'AA==' });
    await ask('compaction', { revision: header.revision, physical: true });
  }

  async stop(): Promise<void> {
    for (const server of this.servers.reverse()) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const nodeStatus = (conditions: Record<string, string>) => ({
  conditions: Object.entries(conditions).map(([type, status]) => ({
    ...{ type, status, reason: 'Test', message: `${type} is ${status}` },
    ...{ lastHeartbeatTime: nowSeconds(), lastTransitionTime: nowSeconds() },
  })),
});

export const nowSeconds = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** Between the watchers and the API server, to be cut. */
export class CuttableWay {
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (socket) => this.carry(socket));
  }

  static async start(target: number): Promise<CuttableWay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CuttableWay(server, target);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.sockets.size;
  }

  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  open(): void {
    this.isOpen = true;
  }

  stop(): void {
    this.cut();
    this.server.close();
  }

  private carry(near: Socket): void {
    near.on('error', () => undefined);
    if (!this.isOpen) return void near.destroy();
    const far = connect(this.target, '127.0.0.1');
    far.on('error', () => near.destroy());
    this.sockets.add(near);
    near.on('close', () => {
      this.sockets.delete(near);
      far.destroy();
    });
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  }
}

/** An intake that keeps what it was told, in order, and can be away. */
export class RememberingIntake implements AlertIntake {
  readonly reports: AlertReport[] = [];
  isAway = false;

  async report(reports: readonly AlertReport[]): Promise<void> {
    if (this.isAway) throw new Error('the intake is away');
    this.reports.push(...reports);
  }

  /** One for each beginning, with the end that it had, if any: what was said again is the same alert. */
  alerts(name: string, labels: Record<string, string> = {}): AlertReport[] {
    const wanted = this.reports.filter(
      (report) => report.name === name && Object.entries(labels).every(([key, value]) => report.labels[key] === value),
    );
    const byBeginning = new Map(wanted.map((report) => [`${fingerprintOf(report)} ${report.startsAt.toISOString()}`, report]));
    return [...byBeginning.values()];
  }

  isFiring(name: string, labels: Record<string, string> = {}): boolean {
    return this.alerts(name, labels).some(({ endsAt }) => endsAt === null);
  }
}

export function openWatcherDatabase(url: string): Promise<Database> {
  return openDatabase({ url, schema: 'notifier', migrations: watcherMigrations, applicationName: 'watchers-test' });
}

export const watcherDatabase = async () => openWatcherDatabase(await freshDatabase('watchers'));

export function kubeConfigFor(server: string, token: string): KubeConfig {
  const config = new KubeConfig();
  // The API server makes its own certificate at its first start; nobody but the test is on its port of the loopback.
  config.loadFromOptions({
    clusters: [{ name: 'test', server, skipTLSVerify: true }],
    users: [{ name: 'watcher', token }],
    contexts: [{ name: 'test', cluster: 'test', user: 'watcher' }],
    currentContext: 'test',
  });
  return config;
}

const QUICK: Partial<WatcherOptions> = {
  ...{ tickSeconds: 0.05, probeSeconds: 0.5, leaseSeconds: 3, repeatSeconds: 3_600, quietSeconds: 3_600, ownNamespace: 'prod' },
  stream: { watchSeconds: 30, backoffMs: 20, maxBackoffMs: 500 },
};

export function watch(
  kubeConfig: KubeConfig,
  intake: AlertIntake,
  database: Pick<Database, 'query' | 'transaction'>,
  options: Partial<WatcherOptions> = {},
): Watchers {
  const logger = pino({ level: process.env['WATCHERS_LOG'] ?? 'silent' });
  return startWatchers({ kubeConfig, intake, database, logger, options: { ...QUICK, ...options } });
}
