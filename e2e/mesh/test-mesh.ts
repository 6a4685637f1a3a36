import { Client, credentials } from '@grpc/grpc-js';
import { createRpcClient, type RpcClient } from '@smartant/platform/grpc';
import { startControlPlane, type ControlPlane, type Resource } from './control-plane';
import { MeshChart, meshResources, podLabels, type ServiceName } from './mesh-chart';
import { Replica } from './replica';
import { startSidecar, type Sidecar } from './sidecar';

/** The chart in a mesh: pilot reads it, Envoy obeys pilot, and replicas that the test leads stand for the services. */
export class TestMesh {
  private readonly closing: (() => void)[] = [];
  private sidecarOf?: Sidecar;

  private constructor(
    readonly chart: MeshChart,
    readonly plane: ControlPlane,
  ) {}

  static async start(): Promise<TestMesh> {
    return new TestMesh(await MeshChart.make(), await startControlPlane());
  }

  get sidecar(): Sidecar {
    return this.sidecarOf!;
  }

  /**
   * Applies the chart, a replica for each name (of a service, of a version, in a zone), and starts the sidecar of `caller`, which is in `zone`;
   * ready when Envoy knows all.
   */
  async bring<Name extends string>(
    caller: ServiceName,
    names: Record<Name, [ServiceName, string, string?]>,
    values: Parameters<MeshChart['render']>[0] = {},
    zone?: string,
  ): Promise<Record<Name, Replica>> {
    const manifests = this.chart.render(values);
    await this.plane.apply(meshResources(manifests));
    const replicas = {} as Record<Name, Replica>;
    for (const [name, [service, version, place]] of Object.entries(names) as [Name, [ServiceName, string, string?]][]) {
      const replica = await Replica.start(name);
      this.closing.push(() => replica.stop());
      replicas[name] = replica;
      const labels = podLabels(manifests, service, version);
      const locality = place && `${REGION}/${place}`;
      await this.plane.apply([workload(name, { labels, ports: { grpc: replica.port, http: replica.httpPort }, locality })]);
    }
    this.sidecarOf = await startSidecar({
      ...{ app: caller, discoveryPort: this.plane.discoveryPort },
      ...(zone && { locality: { region: REGION, zone } }),
    });
    const ports = Object.values<Replica>(replicas).map(({ port }) => port);
    await until('Envoy knows all replicas', async () => {
      const known = new Set((await this.sidecar.hosts()).filter(({ cluster }) => cluster.includes('|v')).map(({ port }) => port));
      return ports.every((port) => known.has(port));
    });
    await this.untilRoutes((routes) => routes.includes('/smartant.migrator.v1.MigratorService/Probe'));
    return replicas;
  }

  /** Applies more, and waits until Envoy's routes are as `arrived` says. */
  async change(resources: readonly Resource[], arrived: (routes: string) => boolean): Promise<void> {
    await this.plane.apply(resources);
    await this.untilRoutes(arrived);
  }

  untilRoutes(arrived: (routes: string) => boolean): Promise<void> {
    return until('the routes have arrived at Envoy', async () => arrived(await this.sidecar.routes()));
  }

  /** A client as the services have it, with its deadlines and its retries. */
  serviceClient<Definition extends object>(service: ServiceName, constructor: { readonly service: Definition }): RpcClient<Definition> {
    const client = createRpcClient(constructor, { address: this.address(service), channelOptions: this.options(service) });
    this.closing.push(() => client.close());
    return client;
  }

  /** A client that sets no deadline and repeats nothing: what is repeated is the mesh's doing. `name`: another one under which it calls. */
  plainClient(service: ServiceName, name?: string): Client {
    const options = { ...this.options(service), ...(name && { 'grpc.default_authority': name }), 'grpc.enable_retries': 0 };
    const client = new Client(this.address(service), credentials.createInsecure(), options);
    this.closing.push(() => client.close());
    return client;
  }

  async stop(): Promise<void> {
    for (const close of this.closing.reverse()) close();
    await this.sidecarOf?.stop();
    await this.plane.stop();
    this.chart.remove();
  }

  private address(service: ServiceName): string {
    return `127.0.0.1:${this.chart.port(service)}`;
  }

  /** Istio routes by the name that the caller used. */
  private options(service: ServiceName) {
    return { 'grpc.default_authority': `${service}:${this.chart.port(service)}` };
  }
}

const REGION = 'region-1';

/** A pod as the Service selects it: no kubelet makes pods here, and an EndpointSlice may not name a loopback address. */
export function workload(
  name: string,
  pod: {
    labels: Record<string, string>;
    ports: Record<string, number>;
    address?: string;
    serviceAccount?: string;
    locality?: string | undefined;
  },
): Resource & { spec: object } {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'WorkloadEntry',
    metadata: { name: name.toLowerCase() },
    spec: { address: '127.0.0.1', ...pod },
  };
}

const UNTIL_MS = 60_000;

export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const giveUpMs = Date.now() + UNTIL_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpMs) throw new Error(`it did not come that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
