import { Client, credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { createRpcClient, type RpcClient } from '@smartant/platform/grpc';
import { testAuthority, type TestAuthority } from '@smartant/test-servers';
import type { Manifest } from '../../tools/deploy/render-chart';
import { startControlPlane, type ControlPlane, type Resource } from './control-plane';
import { MeshChart, ofMesh, podLabels, SERVICES, type ServiceName } from './mesh-chart';
import { Replica } from './replica';
import type { Identity } from './secret-server';
import { startSidecar, type Sidecar } from './sidecar';
import { until, workload } from './test-mesh';

/** Where the services are: each sidecar has an address for what comes in and one for what goes out, since all have the same ports. */
const inbound = (service: ServiceName) => `127.0.1.${SERVICES.indexOf(service) + 1}`;
const outbound = (service: ServiceName) => `127.0.2.${SERVICES.indexOf(service) + 1}`;

/** Null where such addresses can be listened at without further ado. */
export const whyNoAddresses = (): string | null =>
  process.platform === 'linux' ? null : 'all of 127.0.0.0/8 is this machine on Linux alone';

/** Where a service itself listens, behind its sidecar. */
export interface Workload {
  grpc: number;
  http: number;
  admin: number;
  /** Of the notifier, where the chart opens it. */
  intake?: number;
}

/** A service account, of the project's namespace where nothing else is said. */
export const accountUri = (account: string, namespace = 'prod', trustDomain = 'cluster.local'): string =>
  `spiffe://${trustDomain}/ns/${namespace}/sa/${account}`;

/** The chart in a mesh as it is, mutual TLS included: in front of every service stands a sidecar with the certificate of its account. */
export class TrustedMesh {
  private readonly closing: (() => void)[] = [];
  private readonly sidecars = {} as Record<ServiceName, Sidecar>;

  private constructor(
    readonly chart: MeshChart,
    private readonly plane: ControlPlane,
    private readonly authority: TestAuthority,
  ) {}

  static async start(): Promise<TrustedMesh> {
    return new TrustedMesh(await MeshChart.make(), await startControlPlane(), await testAuthority());
  }

  /** Applies the chart and starts the sidecars of these services; ready when each knows who may call it. */
  async bring(workloads: Partial<Record<ServiceName, Workload>>, values: Parameters<MeshChart['render']>[0] = {}): Promise<void> {
    const manifests = this.chart.render(values);
    const services = Object.keys(workloads) as ServiceName[];
    const resources = ofMesh(manifests).map((manifest) => {
      const service = manifest.metadata.name as ServiceName;
      return manifest.kind === 'Sidecar' && workloads[service] ? this.placed(manifest, manifests, service, workloads[service]) : manifest;
    });
    await this.plane.apply(resources);
    for (const service of services) {
      const own = Object.fromEntries(portsOf(manifests, service).map(({ name, port }) => [name, port]));
      const ports = { ...own, ...(workloads[service]?.intake !== undefined && { 'http-intake': this.chart.intakePort }) };
      const labels = podLabels(manifests, service, 'v1');
      // Callers believe a replica that has the certificate of this account.
      await this.plane.apply([workload(service, { labels, ports, address: inbound(service), serviceAccount: service })]);
      await this.startSidecarOf(service, labels, await this.identity(accountUri(service)));
    }
    for (const service of services) await this.untilKnown(service, services);
  }

  /** Replicas that answer everything, one for each service. */
  async bringReplicas(): Promise<Record<ServiceName, Replica>> {
    const replicas = {} as Record<ServiceName, Replica>;
    for (const service of SERVICES) {
      replicas[service] = await Replica.start(service);
      this.closing.push(() => replicas[service].stop());
    }
    const places = SERVICES.map((service) => {
      const { port, httpPort } = replicas[service];
      return [service, { grpc: port, http: httpPort, admin: httpPort }];
    });
    await this.bring(Object.fromEntries(places) as Record<ServiceName, Workload>);
    return replicas;
  }

  /** Made by the authority that all sidecars believe, or by `authority`. */
  async identity(uri: string, authority = this.authority): Promise<Identity> {
    return { ...(await authority.issue([uri])), caPem: this.authority.caPem };
  }

  /** A client that comes to a service's sidecar by itself; null: in plaintext. */
  client(service: ServiceName, identity: Identity | null): Client {
    const address = `${inbound(service)}:${this.chart.port(service)}`;
    const client = new Client(address, identity ? tls(identity, service) : credentials.createInsecure(), {
      'grpc.ssl_target_name_override': service,
      'grpc.enable_retries': 0,
    });
    this.closing.push(() => client.close());
    return client;
  }

  /** Where a service's sidecar is asked over HTTP, without the scheme. */
  host(service: ServiceName, port: 'http' | 'admin' | 'intake'): string {
    const { adminPort, intakePort } = this.chart;
    return `${inbound(service)}:${port === 'http' ? this.chart.port(service, 'http') : port === 'admin' ? adminPort : intakePort}`;
  }

  /** Where `from` finds `to`: at its own sidecar, which carries the call to the other's. */
  private address(from: ServiceName, to: ServiceName): string {
    return `${outbound(from)}:${this.chart.port(to)}`;
  }

  /** Where a service finds the others: its own sidecar. */
  outbound(service: ServiceName): string {
    return outbound(service);
  }

  /** How many calls of a service its sidecar ended by a fault that it was told to make. */
  aborted(service: ServiceName): Promise<number> {
    return this.sidecars[service].count('fault.aborts_injected');
  }

  /** A client of `from`, as the services have it. */
  serviceClient<Definition extends object>(
    from: ServiceName,
    to: ServiceName,
    constructor: { readonly service: Definition },
  ): RpcClient<Definition> {
    const client = createRpcClient(constructor, { address: this.address(from, to), channelOptions: this.authorityOf(to) });
    this.closing.push(() => client.close());
    return client;
  }

  /** The same without deadlines and retries. */
  plainClient(from: ServiceName, to: ServiceName): Client {
    const options = { ...this.authorityOf(to), 'grpc.enable_retries': 0 };
    const client = new Client(this.address(from, to), credentials.createInsecure(), options);
    this.closing.push(() => client.close());
    return client;
  }

  /** The sidecar of somebody who is none of our services, at 127.0.0.1. */
  async strangersSidecar(app: string, uri: string): Promise<Sidecar> {
    const sidecar = await startSidecar({ app, discoveryPort: this.plane.discoveryPort, identity: await this.identity(uri) });
    this.closing.push(() => void sidecar.stop());
    return sidecar;
  }

  /** Starts the sidecar of a service anew, with another certificate. */
  async disguise(service: ServiceName, identity: Identity): Promise<void> {
    await this.sidecars[service].stop();
    const labels = podLabels(this.chart.render(), service, 'v1');
    await this.startSidecarOf(service, labels, identity);
    await this.untilKnown(service, []);
  }

  /** Applies these and removes those, until the sidecar of a service is as `arrived` says. */
  async change(
    { apply = [], remove = [] }: { apply?: readonly Resource[]; remove?: readonly Resource[] },
    service: ServiceName,
    arrived: (sidecar: Sidecar) => Promise<boolean>,
  ): Promise<void> {
    await this.plane.apply(apply);
    await this.plane.remove(remove);
    await until(`the sidecar of ${service} is told`, () => arrived(this.sidecars[service]));
  }

  async stop(): Promise<void> {
    for (const close of this.closing.reverse()) close();
    for (const sidecar of Object.values(this.sidecars)) await sidecar.stop();
    await this.plane.stop();
    this.chart.remove();
  }

  /** Nobody redirects packets here, so the sidecar is told where it listens, and where what it lets in is served. */
  private placed(
    sidecar: Manifest,
    manifests: readonly Manifest[],
    service: ServiceName,
    { grpc, http, admin, intake }: Workload,
  ): Manifest {
    const served: Record<string, number> = { grpc, http, 'http-admin': admin, 'http-intake': intake ?? 0 };
    const taken = intake === undefined ? [] : [{ name: 'http-intake', port: this.chart.intakePort }];
    const ingress = [...portsOf(manifests, service), ...taken].map(({ name, port }) => ({
      port: { number: port, name, protocol: name === 'grpc' ? 'GRPC' : 'HTTP' },
      bind: inbound(service),
      captureMode: 'NONE',
      defaultEndpoint: `127.0.0.1:${served[name]}`,
    }));
    const { egress, ...spec } = sidecar.spec as unknown as { egress: object[] };
    return { ...sidecar, spec: { ...spec, ingress, egress: egress.map((part) => ({ ...part, bind: outbound(service) })) } as never };
  }

  private async startSidecarOf(service: ServiceName, labels: Record<string, string>, identity: Identity): Promise<void> {
    const { discoveryPort } = this.plane;
    this.sidecars[service] = await startSidecar({ app: service, labels, address: inbound(service), discoveryPort, identity });
  }

  /** Istio routes by the name that the caller used. */
  private authorityOf(service: ServiceName) {
    return { 'grpc.default_authority': `${service}:${this.chart.port(service)}` };
  }

  private untilKnown(service: ServiceName, others: ServiceName[]): Promise<void> {
    const own = { scheduler: 'MigrationService/WatchMigration', notifier: 'NotificationService/ListChannels' };
    const rpc = service in own ? own[service as keyof typeof own] : 'MigratorService/StartPhase';
    return until(`the sidecar of ${service} knows its callers and the others`, async () => {
      const [listeners, hosts] = [await this.sidecars[service].listeners(), await this.sidecars[service].hosts()];
      const known = new Set(hosts.filter(({ cluster }) => cluster.includes('|v1|')).map(({ port }) => port));
      return listeners.includes(rpc) && listeners.includes(outbound(service)) && others.every((other) => known.has(this.chart.port(other)));
    });
  }
}

function portsOf(manifests: readonly Manifest[], service: ServiceName): { name: string; port: number }[] {
  const found = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === service)!;
  return (found.spec as unknown as { ports: { name: string; port: number }[] }).ports;
}

function tls({ cert, key, caPem }: Identity, service: ServiceName): ChannelCredentials {
  return credentials.createSsl(Buffer.from(caPem), Buffer.from(key), Buffer.from(cert), {
    checkServerIdentity: (_host, { subjectaltname }) =>
      subjectaltname === `URI:${accountUri(service)}` ? undefined : new Error(`this is ${subjectaltname}`),
  });
}
