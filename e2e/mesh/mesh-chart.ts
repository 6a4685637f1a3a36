import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPort } from '@smartant/test-servers';
import { parse } from 'yaml';
import { ChartCopy, helmBinary, type Manifest } from '../../tools/deploy/render-chart';

export const SERVICES = ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier'] as const;
export type ServiceName = (typeof SERVICES)[number];

interface ChartValues {
  services: Record<string, { ports: { name: string; port: number }[] }>;
}
interface MeshValues {
  services: { name: string; grpcPort: number; http?: { port: number } }[];
}

/** Of the project's resources, what decides how a request goes. */
const MESH_KINDS = ['Service', 'VirtualService', 'DestinationRule', 'Sidecar', 'Telemetry', 'PeerAuthentication', 'AuthorizationPolicy'];

/**
 * The chart as it is released, at ports that are free on this machine: all of the mesh is one loopback address here.
 */
export class MeshChart {
  private readonly chart = new ChartCopy(helmBinary()!);

  private constructor(
    private readonly ports: ReadonlyMap<string, number>,
    readonly adminPort: number,
    /** Of the intake of alerts, where it is opened. */
    readonly intakePort: number,
  ) {}

  static async make(): Promise<MeshChart> {
    const { services } = readYaml<ChartValues>('helm', 'smartant');
    const ports = new Map<string, number>();
    for (const [service, { ports: own }] of Object.entries(services)) {
      for (const { name } of own) ports.set(`${service} ${name}`, await lastingPort());
    }
    return new MeshChart(ports, await lastingPort(), await lastingPort());
  }

  port(service: ServiceName, name: 'grpc' | 'http' = 'grpc'): number {
    return this.ports.get(`${service} ${name}`)!;
  }

  /** `values` as in a file of values. */
  render(values: { services?: Record<string, object>; istio?: object; gateway?: object; intake?: object } = {}): Manifest[] {
    const { services } = readYaml<ChartValues>('helm', 'smartant');
    const mesh = readYaml<MeshValues>('istio');
    const file = 'values-mesh-test.yaml';
    const placed = {
      adminPort: this.adminPort,
      gateway: values.gateway ?? { enabled: false },
      ...(values.intake && { notifier: { intake: { enabled: true, port: this.intakePort, ...values.intake } } }),
      services: Object.fromEntries(
        Object.entries(services).map(([service, { ports }]) => [
          service,
          { ports: ports.map(({ name }) => ({ name, port: this.ports.get(`${service} ${name}`) })), ...values.services?.[service] },
        ]),
      ),
      istio: {
        adminPort: this.adminPort,
        services: mesh.services.map((service) => ({
          ...service,
          grpcPort: this.ports.get(`${service.name} grpc`),
          ...(service.http && { http: { ...service.http, port: this.ports.get(`${service.name} http`) } }),
        })),
        ...values.istio,
      },
    };
    writeFileSync(join(this.chart.path, file), JSON.stringify(placed));
    return this.chart.render([], [file]);
  }

  /** Lets an RPC have another policy than proto/ says, in this copy of the chart. */
  changePolicy(path: string, change: { retryOwner?: string; idempotent?: boolean }): void {
    this.chart.editRpcPolicies((rpcs) => rpcs.map((rpc) => (rpc['path'] === path ? { ...rpc, ...change } : rpc)));
  }

  remove(): void {
    this.chart.remove();
  }
}

/** What pilot is given of it. */
export function ofMesh(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ kind }) => MESH_KINDS.includes(kind));
}

/** The same where nobody has a certificate, and requests go to replicas in plaintext: of each DestinationRule `tls` alone is left out. */
export function meshResources(manifests: readonly Manifest[]): Manifest[] {
  return ofMesh(manifests).map((manifest) => {
    if (manifest.kind !== 'DestinationRule') return manifest;
    const spec = structuredClone(manifest.spec) as unknown as { trafficPolicy: { tls?: object } };
    delete spec.trafficPolicy.tls;
    return { ...manifest, spec: spec as never };
  });
}

/** The labels of a version's pods, as the chart gives them: Service and DestinationRule select by these. */
export function podLabels(manifests: readonly Manifest[], service: ServiceName, version: string): Record<string, string> {
  const templates = manifests
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ spec }) => (spec as unknown as { template: { metadata: { labels: Record<string, string> } } }).template.metadata.labels);
  const labels = templates.find((candidate) => candidate['app'] === service && candidate['version'] === version);
  if (!labels) throw new Error(`the chart has no Deployment of ${service} ${version}`);
  return labels;
}

/** A fault to try a mesh with: it takes the place of a service's VirtualService. */
export function fault(name: string): Manifest {
  return parse(readFileSync(join(__dirname, '..', '..', 'istio', 'faults', `${name}.yaml`), 'utf8')) as Manifest;
}

function readYaml<T>(...folder: string[]): T {
  return parse(readFileSync(join(__dirname, '..', '..', ...folder, 'values.yaml'), 'utf8')) as T;
}
