import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testAuthority } from '@smartant/test-servers';
import { TestContainers, type StartedTestContainer } from 'testcontainers';
import { JwksSource } from '../../services/gateway-keys/adapters/jwks-source';
import { KongAdmin } from '../../services/gateway-keys/adapters/kong-admin';
import { MachineKeyFolder } from '../../services/gateway-keys/adapters/machine-key-folder';
import { KeepKeys } from '../../services/gateway-keys/application/keep-keys';
import { until } from '../mesh/test-mesh';
import { CERTIFICATE_SECRET, GatewayChart, GRPC_HOST, MACHINES } from './gateway-chart';
import { ADMIN_PORT, KongContainer, kongPod, type KongPod } from './kong-container';
import { ask, type Place } from './plain-request';
import { SETTINGS, type Setting } from './request-table';
import { TokenPress } from './token-press';
import { Upstream } from './upstream';

/** By which containers find this machine, once ports of it are exposed to them. */
export const THIS_MACHINE = 'host.testcontainers.internal';

/** What Kong is started with, and what stands behind it: everything but Kong itself. */
export class GatewayParts {
  readonly folder = mkdtempSync(join(tmpdir(), 'smartant-kong-'));
  readonly configFile = join(this.folder, 'kong.yaml');
  readonly said: string[] = [];
  key = new TokenPress('key_1');

  private constructor(
    readonly upstream: Upstream,
    readonly chart: GatewayChart,
    readonly pod: KongPod,
    readonly caPem: string,
  ) {}

  static async make(): Promise<GatewayParts> {
    const upstream = await Upstream.start();
    const chart = new GatewayChart({ host: THIS_MACHINE, httpPort: upstream.httpPort, grpcPort: upstream.grpcPort });
    const authority = await testAuthority();
    const parts = new GatewayParts(upstream, chart, kongPod(chart.render()), authority.caPem);
    const { cert, key } = await authority.issue([GRPC_HOST]);
    parts.writeSecret(CERTIFICATE_SECRET, { 'tls.crt': cert, 'tls.key': key });
    parts.writeSecret('machines', Object.fromEntries(Object.entries(MACHINES).map(([name, machine]) => [name, machine.key])));
    upstream.published = [parts.key.published()];
    parts.set('open to all');
    return parts;
  }

  /** Renders the chart so, where gateway-keys reads it. */
  set(setting: Setting): void {
    writeFileSync(this.configFile, this.chart.kongFile(SETTINGS[setting]));
  }

  container(): KongContainer {
    return new KongContainer(this.pod, Object.fromEntries(this.pod.secrets.map(({ secret }) => [secret, join(this.folder, secret)])));
  }

  /** gateway-keys, as its main puts it together. */
  keepKeys(adminUrl: string): KeepKeys {
    const note = (fields: object, message: string) => void this.said.push(`${message} ${JSON.stringify(fields)}`);
    return new KeepKeys({
      tokens: new JwksSource(this.upstream.jwksUrl),
      machines: new MachineKeyFolder(join(this.folder, 'machines')),
      gateway: new KongAdmin({ url: adminUrl, file: this.configFile }),
      log: { info: note, warn: note },
      everyMs: 500,
    });
  }

  remove(): void {
    this.upstream.stop();
    this.chart.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Readable for whoever Kong runs as, like a mounted secret for its group. */
  private writeSecret(name: string, files: Record<string, string>): void {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { mode: 0o644 });
    for (const path of [this.folder, folder]) chmodSync(path, 0o755);
  }
}

/** Kong itself, with gateway-keys beside it and the upstream behind it. */
export class TestGateway {
  private setting: Setting = 'open to all';

  private constructor(
    readonly parts: GatewayParts,
    private readonly kong: StartedTestContainer,
    private readonly keys: KeepKeys,
  ) {}

  /** Kong runs, and has been handed nothing yet. */
  static async start(): Promise<TestGateway> {
    const parts = await GatewayParts.make();
    try {
      await TestContainers.exposeHostPorts(parts.upstream.httpPort, parts.upstream.grpcPort);
      const kong = await parts.container().start();
      return new TestGateway(parts, kong, parts.keepKeys(`http://${kong.getHost()}:${kong.getMappedPort(ADMIN_PORT)}`));
    } catch (error) {
      parts.remove();
      throw error;
    }
  }

  startKeys(): void {
    this.keys.start();
  }

  /** Where Kong listens by this name in the chart. */
  place(name: 'http' | 'https' | 'http-status'): Place {
    const place = { host: this.kong.getHost(), port: this.kong.getMappedPort(this.parts.pod.ports[name]!) };
    return name === 'https' ? { ...place, tls: { ca: this.parts.caPem, name: GRPC_HOST } } : place;
  }

  async readiness(): Promise<number> {
    return (await ask(this.place('http-status'), { path: '/status/ready' })).status;
  }

  /** Rendered so, handed over, and obeyed. */
  async set(setting: Setting): Promise<void> {
    if (setting === this.setting) return;
    this.parts.set(setting);
    this.setting = setting;
    const told = this.parts.said.length;
    await until('gateway-keys has handed the file over', () => this.parts.said.slice(told).some((line) => line.startsWith('keys handed')));
    await until('Kong obeys it', async () => {
      const { status } = await ask(this.place('http'), { path: '/docs/', headers: { 'x-forwarded-for': '192.0.2.1' } });
      return status === { 'open to all': 200, 'for some addresses': 403, 'in maintenance': 503 }[setting];
    });
  }

  async stop(): Promise<void> {
    await this.keys.stop();
    await this.kong.stop();
    this.parts.remove();
  }
}
