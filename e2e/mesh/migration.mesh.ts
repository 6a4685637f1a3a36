import { join } from 'node:path';
import { describeIf, startS3, whyNoS3, type S3Server } from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { ApiMigration, storageSpec } from '../platform/migration';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { fault, type ServiceName } from './mesh-chart';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { TrustedMesh, whyNoAddresses } from './trusted-mesh';

const OBJECTS = 300;
const store = whyNoS3('minio') ? 'sample' : 'minio';

describeIf(whyNoMesh(...DATA_PATH) ?? whyNoAddresses() ?? whyNoS3(store), 'a migration through the mesh', () => {
  let mesh: TrustedMesh;
  let platform: ReplicatedPlatform;
  let server: S3Server;

  beforeAll(async () => {
    mesh = await TrustedMesh.start();
    server = await startS3(store);
    platform = new ReplicatedPlatform({ replicas: 1, cuts: false, environment: environment() });
    await platform.start();
    await mesh.bring({ scheduler: portsOf('scheduler'), 'storage-migrator': portsOf('storage-migrator') });
  }, 240_000);
  afterAll(async () => {
    await platform?.dispose();
    await server?.stop();
    await mesh?.stop();
  }, 120_000);

  const portsOf = (service: 'scheduler' | 'storage-migrator') => platform.replicas[service][0]!.ports;

  /** As the chart gives it: no certificates of their own, and names that lead to the sidecar beside each. */
  function environment(): Record<string, string> {
    const peers: [string, ServiceName][] = [
      ['SMARTANT_SCHEDULER_ADDRESS', 'scheduler'],
      ['SMARTANT_STORAGE_MIGRATOR_ADDRESS', 'storage-migrator'],
      ['SMARTANT_DB_MIGRATOR_ADDRESS', 'db-migrator'],
      ['SMARTANT_HOST_MIGRATOR_ADDRESS', 'host-migrator'],
    ];
    return {
      ...{ SMARTANT_GRPC_PLAINTEXT: 'true', SMARTANT_TLS_CA_FILE: '', SMARTANT_TLS_CERT_FILE: '', SMARTANT_TLS_KEY_FILE: '' },
      ...Object.fromEntries(peers.map(([variable, service]) => [variable, `${service}:${mesh.chart.port(service)}`])),
      // The scheduler calls migrators alone, and they the scheduler alone: a name leads to the sidecar of whoever calls it.
      SMARTANT_TEST_NAMES: JSON.stringify({
        scheduler: mesh.outbound('storage-migrator'),
        ...Object.fromEntries(peers.slice(1).map(([, service]) => [service, mesh.outbound('scheduler')])),
      }),
      NODE_OPTIONS: `--require ${join(__dirname, 'cluster-names.cjs')}`,
    };
  }

  it('ends, and proves equality, though half of the calls to the migrator and a third of those for credentials are refused', async () => {
    for (const name of ['source', 'target']) await server.createBucket(name);
    const [source, target] = [new Bucket(server, 'source'), new Bucket(server, 'target')];
    await fill(source, OBJECTS, (index) => ({ key: `d${index % 7}/object-${index}`, body: Buffer.from(`object ${index}`) }));
    const isFaulty = (routes: string) => routes.includes('envoy.filters.http.fault');
    const faults = [fault('storage-migrator-unavailable'), fault('credentials-refused')];
    for (const service of ['scheduler', 'storage-migrator'] as const)
      await mesh.change({ apply: faults }, service, async (sidecar) => isFaulty(await sidecar.routes()));
    const migration = await ApiMigration.create(platform, { source: source.inline(), target: target.inline(), spec: storageSpec() });
    const done = await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 240_000);
    expect(done.verification).toMatchObject({ equal: true, differenceCount: 0, sourceObjects: OBJECTS, targetObjects: OBJECTS });
    expect(await target.contents()).toEqual(await source.contents());
    // They were refused indeed, and not for who they are.
    expect(await mesh.aborted('scheduler')).toBeGreaterThan(5);
    expect(await mesh.aborted('storage-migrator')).toBeGreaterThan(0);
    expect(platform.all().flatMap(({ output }) => output.match(/CREDENTIAL_CALLER_UNKNOWN|RBAC/g) ?? [])).toEqual([]);
    expect(platform.unexpectedEnds).toEqual([]);
  }, 300_000);
});
