import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, lastingPort, startChildServer, type ChildServer } from '@smartant/test-servers';
import { Agent, fetch } from 'undici';
import { parseAllDocuments } from 'yaml';
import { meshProgram } from './mesh-programs';
import { pluralOf, WHOLE_CLUSTER } from './other-definitions';

const NAMESPACE = 'prod';
const TOKEN = 'admin-token';
const CLUSTER_KINDS = ['CustomResourceDefinition', 'Namespace', 'PriorityClass', 'ClusterRole', 'ClusterRoleBinding', 'IngressClass'];

/** A resource as it is applied; where it names no namespace, it is one of the project's. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** etcd, an API server that knows Istio's resources, and istiod's pilot, which hands what is applied to sidecars. */
export interface ControlPlane {
  /** Where a sidecar asks for its configuration. */
  readonly discoveryPort: number;
  /** As `kubectl apply --server-side --force-conflicts --validate=strict`: unknown fields are errors. */
  apply(resources: readonly Resource[], options?: { dryRun?: boolean }): Promise<void>;
  /** Definitions of more resources; resolves when they are served. */
  define(definitions: readonly Resource[]): Promise<void>;
  remove(resources: readonly Resource[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startControlPlane(): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-mesh-'));
  const servers: ChildServer[] = [];
  const stop = async () => {
    for (const server of servers.reverse()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const etcd = await startEtcd(folder, servers);
    const api = await startApiServer(folder, etcd, servers);
    await prepare(api);
    const discoveryPort = await startPilot(folder, api, servers);
    return {
      discoveryPort,
      apply: async (resources, { dryRun = false } = {}) => {
        for (const resource of resources) await api.apply(resource, dryRun);
      },
      define: (definitions) => define(api, definitions),
      remove: async (resources) => {
        for (const resource of resources) await api.request('DELETE', pathOf(resource));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startEtcd(folder: string, servers: ChildServer[]): Promise<string> {
  const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  servers.push(
    await startChildServer({
      name: 'etcd',
      command: meshProgram('etcd'),
      args: [
        ...['--data-dir', join(folder, 'etcd'), '--listen-client-urls', client, '--advertise-client-urls', client, '--unsafe-no-fsync'],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
      ],
      ready: () => answersOk(`${client}/health`),
    }),
  );
  return client;
}

/** What the tests ask of the API server, as its administrator. */
export class ApiServer {
  readonly url: string;
  private readonly dispatcher: Agent;

  constructor(port: number, folder: string) {
    this.url = `https://127.0.0.1:${port}`;
    // It makes its own certificate at its first start; nobody but us is on this port of the loopback.
    this.dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    this.kubeconfig = join(folder, 'kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'admin', user: { token: TOKEN } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
      'current-context': 'test',
    };
    writeFileSync(this.kubeconfig, JSON.stringify(config));
  }

  readonly kubeconfig: string;

  async request(method: string, path: string, body?: object, contentType = 'application/apply-patch+yaml'): Promise<string> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      dispatcher: this.dispatcher,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': contentType },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return text;
  }

  async apply(resource: Resource, dryRun = false): Promise<void> {
    const options = `fieldManager=test&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
    await this.request('PATCH', `${pathOf(resource)}?${options}`, resource);
  }
}

/** `port`: of one that was started in this folder before, and is started again. */
export async function startApiServer(folder: string, etcd: string, servers: ChildServer[], port?: number): Promise<ApiServer> {
  if (port === undefined) makeKeys(folder);
  const at = port ?? (await lastingPort());
  const api = new ApiServer(at, folder);
  servers.push(
    await startChildServer({
      name: 'kube-apiserver',
      command: meshProgram('kube-apiserver'),
      args: [
        ...[`--etcd-servers=${etcd}`, `--secure-port=${at}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1'],
        ...[`--cert-dir=${join(folder, 'certificates')}`, '--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=RBAC'],
        ...[
          `--token-auth-file=${join(folder, 'tokens.csv')}`,
          '--endpoint-reconciler-type=none',
          '--disable-admission-plugins=ServiceAccount',
        ],
        ...['--service-account-issuer=https://test.invalid', `--service-account-key-file=${join(folder, 'accounts.key')}`],
        `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
      ],
      ready: async () => (await api.request('GET', '/readyz')) === 'ok',
    }),
  );
  return api;
}

function makeKeys(folder: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, 'tokens.csv'), `${TOKEN},admin,admin,"system:masters"\n`);
}

/** Istio's definitions and the namespaces. What is not there yet when pilot starts, it would wait for. */
async function prepare(api: ApiServer): Promise<void> {
  const documents = parseAllDocuments(readFileSync(meshProgram('istio-crds.yaml'), 'utf8'));
  const definitions = documents.map((document) => document.toJS() as Resource | null).filter((resource) => resource !== null);
  await define(api, definitions);
  for (const name of ['istio-system', NAMESPACE]) await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

async function define(api: ApiServer, definitions: readonly Resource[]): Promise<void> {
  for (const definition of definitions) await api.apply(definition);
  for (const definition of definitions) {
    while (!(await api.request('GET', pathOf(definition))).includes('"type":"Established","status":"True"')) await pause();
  }
}

async function startPilot(folder: string, api: ApiServer, servers: ChildServer[]): Promise<number> {
  const [grpc, http, monitoring] = [await freePort(), await freePort(), await freePort()];
  const mesh = {
    defaultProviders: { metrics: [], tracing: [], accessLogging: [] },
    enablePrometheusMerge: false,
    defaultConfig: { discoveryAddress: `127.0.0.1:${grpc}` },
    enableAutoMtls: false,
  };
  writeFileSync(join(folder, 'mesh.yaml'), JSON.stringify(mesh));
  servers.push(
    await startChildServer({
      name: 'pilot-discovery',
      command: meshProgram('pilot-discovery'),
      args: [
        ...['discovery', '--kubeconfig', api.kubeconfig, '--meshConfig', join(folder, 'mesh.yaml'), '--domain', 'cluster.local'],
        ...[`--grpcAddr=127.0.0.1:${grpc}`, `--httpAddr=127.0.0.1:${http}`, `--monitoringAddr=127.0.0.1:${monitoring}`],
        ...['--httpsAddr=', '--secureGRPCAddr=', '--ctrlz_port=0'],
      ],
      // Envoy alone, without Istio's own extensions; certificates are made by nobody.
      env: {
        POD_NAME: 'istiod-0',
        POD_NAMESPACE: 'istio-system',
        PILOT_ENABLE_METADATA_EXCHANGE: 'false',
        PILOT_ENABLE_ALPN_FILTER: 'false',
        PILOT_ENABLE_WORKLOAD_ENTRY_AUTOREGISTRATION: 'false',
        ENABLE_CA_SERVER: 'false',
      },
      cwd: folder,
      ready: () => answersOk(`http://127.0.0.1:${http}/ready`),
    }),
  );
  return grpc;
}

const answersOk = async (url: string) => (await fetch(url)).ok;
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

function pathOf({ apiVersion, kind, metadata }: Resource): string {
  const plural = pluralOf(kind);
  const place = [...CLUSTER_KINDS, ...WHOLE_CLUSTER].includes(kind) ? '' : `/namespaces/${metadata.namespace ?? NAMESPACE}`;
  return `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}${place}/${plural}/${metadata.name}`;
}
