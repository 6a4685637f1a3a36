import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startChildServer } from '@smartant/test-servers';
import { fetch } from 'undici';
import { meshProgram } from './mesh-programs';
import { startSecretServer, type Identity } from './secret-server';

/** No replica has this address: pilot would take it for the sidecar's own, and make it listen for incoming requests. */
const NOBODY = '127.0.0.9';

export interface SidecarOptions {
  /** Whose sidecar it is, so that the chart's resource `Sidecar` of that name applies. */
  app: string;
  discoveryPort: number;
  /** Where its workload is reached, when it is one that is. */
  address?: string;
  /** All labels of its pod; `app` alone when absent. */
  labels?: Record<string, string>;
  /** Where its node is. */
  locality?: { region: string; zone: string };
  /** Absent: it has no certificate, and calls in plaintext. */
  identity?: Identity;
}

/** A host of a cluster as Envoy sees it. `ejected`: put aside by outlier detection. */
export interface SidecarHost {
  cluster: string;
  port: number;
  ejected: boolean;
}

/**
 * Envoy, as the sidecar of a workload. For calls that go out it listens on 127.0.0.1, or on the address that its `Sidecar` gives, at the
 * ports of the services that it may reach; for those that come in, where its `Sidecar` says.
 */
export interface Sidecar {
  hosts(): Promise<SidecarHost[]>;
  /** All listeners, as JSON. */
  listeners(): Promise<string>;
  /** All routes, as JSON. */
  routes(): Promise<string>;
  /** What it knows of the services that it may reach, as JSON. */
  clusters(): Promise<string>;
  /** The sum of all counters whose name ends so. */
  count(name: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-envoy-'));
  const adminPort = await freePort();
  const admin = `http://127.0.0.1:${adminPort}`;
  const file = join(folder, 'envoy.json');
  const socket = join(folder, 'secrets');
  const secrets = options.identity && (await startSecretServer(socket, options.identity));
  writeFileSync(file, JSON.stringify(bootstrap(options, adminPort, socket)));
  const envoy = await startChildServer({
    name: 'envoy',
    command: meshProgram('envoy'),
    // One worker: limits are kept exactly.
    args: ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'warn'],
    ready: async () => (await (await fetch(`${admin}/server_info`)).text()).includes('"LIVE"'),
  });
  const ask = async (path: string) => (await fetch(`${admin}${path}`)).text();
  return {
    hosts: async () => hostsOf(JSON.parse(await ask('/clusters?format=json')) as ClustersAnswer),
    listeners: () => ask('/config_dump?resource=dynamic_listeners'),
    routes: () => ask('/config_dump?resource=dynamic_route_configs'),
    clusters: () => ask('/config_dump?resource=dynamic_active_clusters'),
    count: async (name) => {
      const lines = (await ask(`/stats?filter=${encodeURIComponent(`${name}$`)}`)).split('\n');
      return lines.reduce((sum, line) => sum + Number(line.split(': ')[1] ?? 0), 0);
    },
    stop: async () => {
      await envoy.stop();
      secrets?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface ClustersAnswer {
  cluster_statuses?: {
    name: string;
    host_statuses?: { address: { socket_address?: { port_value: number } }; health_status: { failed_outlier_check?: boolean } }[];
  }[];
}

function hostsOf({ cluster_statuses = [] }: ClustersAnswer): SidecarHost[] {
  return cluster_statuses.flatMap(({ name, host_statuses = [] }) =>
    host_statuses.map(({ address, health_status }) => ({
      cluster: name,
      port: address.socket_address?.port_value ?? 0,
      ejected: health_status.failed_outlier_check === true,
    })),
  );
}

function bootstrap(options: SidecarOptions, adminPort: number, socket: string): object {
  const { app, discoveryPort, address = NOBODY, labels = { app }, locality, identity } = options;
  const socketAddress = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  return {
    node: {
      id: `sidecar~${address}~${app}-1.prod~prod.svc.cluster.local`,
      cluster: `${app}.prod`,
      locality,
      metadata: {
        NAMESPACE: 'prod',
        ISTIO_VERSION: '1.31.0',
        // Nobody redirects packets: Envoy itself listens at the services' ports.
        INTERCEPTION_MODE: 'NONE',
        CLUSTER_ID: 'Kubernetes',
        MESH_ID: 'cluster.local',
        LABELS: labels,
      },
    },
    admin: { address: socketAddress(adminPort) },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: {
      clusters: [
        http2Cluster('xds-grpc', socketAddress(discoveryPort)),
        // The name by which pilot sends a sidecar to its agent.
        ...(identity ? [http2Cluster('sds-grpc', { pipe: { path: socket } })] : []),
      ],
    },
  };
}

function http2Cluster(name: string, address: object): object {
  const protocol = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      [protocol]: { '@type': `type.googleapis.com/${protocol}`, explicit_http_config: { http2_protocol_options: {} } },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
}
