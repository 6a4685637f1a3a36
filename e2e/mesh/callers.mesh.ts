import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status, type Client } from '@grpc/grpc-js';
import { credentialV1, migratorV1 } from '@smartant/contracts';
import { describeIf, testAuthority } from '@smartant/test-servers';
import { Agent, request } from 'undici';
import type { Manifest } from '../../tools/deploy/render-chart';
import { SERVICES, type ServiceName } from './mesh-chart';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { endOfCall } from './plain-call';
import type { Replica } from './replica';
import type { Identity } from './secret-server';
import type { Sidecar } from './sidecar';
import { accountUri, TrustedMesh, whyNoAddresses } from './trusted-mesh';

const { rpcs } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'istio', 'files', 'rpc-policies.json'), 'utf8')) as {
  rpcs: { path: string; callers: string[] }[];
};
/** Migrators serve one service each alike; the scheduler has what is no one else's. */
const serves = (service: ServiceName, path: string) => {
  if (path.includes('.migrator.')) return service.endsWith('-migrator');
  return service === (path.includes('.notification.') ? 'notifier' : 'scheduler');
};

const GATEWAY = ['kong', 'gateway-keys'];
const MONITORING = ['monitoring', 'kubesphere-monitoring-system'].map((namespace) => accountUri('prometheus', namespace));
/** Everybody who might call, by the URI of the certificate. */
const EVERYBODY = [
  ...[...SERVICES, ...GATEWAY, 'internal-client', 'default'].map((account) => accountUri(account)),
  ...MONITORING,
  accountUri('scheduler', 'another-project'),
];
const FOREIGN = accountUri('scheduler', 'prod', 'another.example');

describeIf(whyNoMesh(...DATA_PATH) ?? whyNoAddresses(), 'who may call whom in the mesh', () => {
  let mesh: TrustedMesh;
  let replicas: Record<ServiceName, Replica>;
  const identities = new Map<string, Identity>();
  beforeAll(async () => {
    mesh = await TrustedMesh.start();
    for (const uri of [...EVERYBODY, FOREIGN]) identities.set(uri, await mesh.identity(uri));
    replicas = await mesh.bringReplicas();
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => Object.values(replicas).forEach((replica) => replica.does('ok')));

  /** Of each pair of caller and path, how the call ended. */
  async function ends(service: ServiceName, paths: string[], uris: string[]): Promise<Record<string, string>> {
    const told: Record<string, string> = {};
    for (const uri of uris) {
      const client = mesh.client(service, identities.get(uri)!);
      const codes = await Promise.all(paths.map((path) => endOfCall(client, path)));
      for (const [index, code] of codes.entries()) told[`${uri} ${paths[index]}`] = status[code];
    }
    return told;
  }

  it.each(SERVICES)('is what the RPC’s policy says, and nobody else is let through (%s)', async (service) => {
    const own = rpcs.filter(({ path }) => serves(service, path));
    expect(own.length).toBeGreaterThan(5);
    const paths = own.map(({ path }) => path);
    const expected = EVERYBODY.flatMap((uri) =>
      own.map(({ path, callers }) => [`${uri} ${path}`, callers.some((caller) => uri === accountUri(caller)) ? 'OK' : 'PERMISSION_DENIED']),
    );
    expect(await ends(service, paths, EVERYBODY)).toEqual(Object.fromEntries(expected));
    const allowed = own.flatMap(({ callers }) => callers);
    expect([...replicas[service].callers].sort()).toEqual([...allowed].sort());
  });

  it.each(SERVICES)('is nobody for what has no policy (%s)', async (service) => {
    const foreign = rpcs.map(({ path }) => path).filter((path) => !serves(service, path));
    const paths = [...foreign, '/smartant.migrator.v1.MigratorService/NotInProto', '/grpc.health.v1.Health/Check'];
    expect(new Set(Object.values(await ends(service, paths, EVERYBODY)))).toEqual(new Set(['PERMISSION_DENIED']));
    expect(replicas[service].calls).toEqual([]);
  });

  it.each(SERVICES)('is nobody in plaintext, nor with a certificate of another authority or another trust domain (%s)', async (service) => {
    const { path } = rpcs.find((rpc) => serves(service, rpc.path))!;
    const allowed = accountUri(rpcs.find((rpc) => rpc.path === path)!.callers[0]!);
    const strangers: (Identity | null)[] = [null, await mesh.identity(allowed, await testAuthority()), identities.get(FOREIGN)!];
    const codes = await Promise.all(strangers.map((identity) => endOfCall(mesh.client(service, identity), path)));
    expect(codes).toEqual([status.UNAVAILABLE, status.UNAVAILABLE, status.UNAVAILABLE]);
    expect(replicas[service].calls).toEqual([]);
  });

  it('is known to the service by the certificate, whatever the caller says', async () => {
    const path = '/smartant.credential.v1.CredentialService/Resolve';
    const forged = `By=${accountUri('scheduler')};Hash=00;URI=${accountUri('host-migrator')}`;
    const client = mesh.client('scheduler', identities.get(accountUri('db-migrator'))!);
    expect(await endOfCall(client, path, { 'x-forwarded-client-cert': forged })).toBe(status.OK);
    expect(replicas.scheduler.callers).toEqual(['db-migrator']);
  });

  /** `uri` null: in plaintext. The status, or 0 where nothing is answered. */
  async function ask(place: string, uri: string | null, method: 'GET' | 'POST' = 'GET'): Promise<number> {
    const { cert, key, caPem: ca } = identities.get(uri ?? EVERYBODY[0]!)!;
    const dispatcher = new Agent({ connect: { cert, key, ca, checkServerIdentity: () => undefined } });
    const scheme = uri === null ? 'http' : 'https';
    const answer = request(`${scheme}://${place}`, { method, dispatcher }).then(
      ({ statusCode, body }) => body.dump().then(() => statusCode),
      () => 0,
    );
    return answer.finally(() => dispatcher.close());
  }
  const answersTo = async (place: string) => Promise.all([...EVERYBODY, null].map(async (uri) => [uri, await ask(place, uri)]));

  it('is the gateway for the REST API, and it alone', async () => {
    const gateway = GATEWAY.map((account) => accountUri(account));
    expect(await answersTo(`${mesh.host('scheduler', 'http')}/v1/workspaces`)).toEqual([
      ...EVERYBODY.map((uri) => [uri, gateway.includes(uri) ? 200 : 403]),
      [null, 0],
    ]);
  });

  it.each(SERVICES)('is everybody in plaintext for metrics and health, to read them (%s)', async (service) => {
    const host = mesh.host(service, 'admin');
    const codes = await Promise.all(['/metrics', '/livez', '/readyz', '/debug'].map((path) => ask(host + path, null)));
    expect(codes).toEqual([200, 200, 200, 403]);
    expect(await ask(`${host}/metrics`, null, 'POST')).toBe(403);
  });

  it.each(SERVICES)('is the namespaces of Prometheus for metrics where it has a certificate (%s)', async (service) => {
    const of = (manifests: Manifest[], kind: string) =>
      manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === service);
    const [open, closed] = [mesh.chart.render(), mesh.chart.render({ istio: { metricsPlaintext: false } })];
    const isOpen = async (sidecar: Sidecar) => !(await sidecar.listeners()).includes('/ns/monitoring/');
    const change = { apply: of(closed, 'AuthorizationPolicy'), remove: of(open, 'PeerAuthentication') };
    await mesh.change(change, service, async (sidecar) => !(await isOpen(sidecar)) && !(await sidecar.listeners()).includes('raw_buffer'));
    const answers = await answersTo(`${mesh.host(service, 'admin')}/metrics`);
    expect(answers).toEqual([...EVERYBODY.map((uri) => [uri, MONITORING.includes(uri) ? 200 : 403]), [null, 0]]);
    await mesh.change({ apply: [...of(open, 'AuthorizationPolicy'), ...of(open, 'PeerAuthentication')] }, service, isOpen);
  });

  it('go to one another by their sidecars, each with the certificate of its account', async () => {
    const probe = migratorV1.ProbeRequest.fromPartial({});
    for (const migrator of ['storage-migrator', 'db-migrator', 'host-migrator'] as const) {
      await mesh.serviceClient('scheduler', migrator, migratorV1.MigratorServiceClient).probe(probe);
      expect(replicas[migrator].callers).toEqual(['scheduler']);
      const client = mesh.serviceClient(migrator, 'scheduler', credentialV1.CredentialServiceClient);
      await client.resolve(credentialV1.ResolveRequest.fromPartial({}));
      expect(replicas.scheduler.callers.at(-1)).toBe(migrator);
    }
    const across: Client = mesh.plainClient('storage-migrator', 'db-migrator');
    expect(await endOfCall(across, '/smartant.migrator.v1.MigratorService/Probe')).toBe(status.PERMISSION_DENIED);
    expect(replicas['db-migrator'].calls).toHaveLength(1);
  });

  it('do not believe one that has the certificate of another account', async () => {
    await mesh.disguise('db-migrator', identities.get(accountUri('host-migrator'))!);
    const client = mesh.plainClient('scheduler', 'db-migrator');
    expect(await endOfCall(client, '/smartant.migrator.v1.MigratorService/Probe')).toBe(status.UNAVAILABLE);
    expect(replicas['db-migrator'].calls).toEqual([]);
    await mesh.disguise('db-migrator', await mesh.identity(accountUri('db-migrator')));
    await expect(
      mesh.serviceClient('scheduler', 'db-migrator', migratorV1.MigratorServiceClient).probe(migratorV1.ProbeRequest.fromPartial({})),
    ).resolves.toBeDefined();
  });
});
