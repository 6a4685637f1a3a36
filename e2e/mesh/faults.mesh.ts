import { status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { migratorV1 } from '@smartant/contracts';
import { fault, meshResources } from './mesh-chart';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { bounds, plainCall, plainCalls } from './plain-call';
import type { Replica } from './replica';
import { TestMesh } from './test-mesh';

const GET_RUN = '/smartant.migrator.v1.MigratorService/GetRun';

describeIf(whyNoMesh(...DATA_PATH), 'faults on purpose', () => {
  let mesh: TestMesh;
  let migrator: Replica;
  let scheduler: Replica;
  beforeAll(async () => {
    mesh = await TestMesh.start();
    ({ migrator, scheduler } = await mesh.bring('scheduler', { migrator: ['storage-migrator', 'v1'], scheduler: ['scheduler', 'v1'] }));
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => {
    migrator.does('ok');
    scheduler.does('ok');
  });
  // As the guide says: the chart’s own routes, applied again, end them.
  afterEach(() => mesh.change(meshResources(mesh.chart.render()), (routes) => !routes.includes('envoy.filters.http.fault')));

  const bring = (name: string) => mesh.change([fault(name)], (routes) => routes.includes('envoy.filters.http.fault'));

  it('refuse half of the calls, which the caller repeats', async () => {
    const plain = mesh.plainClient('storage-migrator');
    await bring('storage-migrator-unavailable');
    const outcomes = await plainCalls(200, 10, () => plainCall(plain, GET_RUN));
    const refused = outcomes.filter(({ code }) => code === status.UNAVAILABLE).length;
    expect(refused).toBeGreaterThan(bounds(200, 0.5).least);
    expect(refused).toBeLessThan(bounds(200, 0.5).most);
    expect(migrator.calls).toHaveLength(200 - refused);
    const client = mesh.serviceClient('storage-migrator', migratorV1.MigratorServiceClient);
    const calls = Array.from({ length: 60 }, () => client.getRun(migratorV1.GetRunRequest.fromPartial({ runId: 'run_1' })));
    const failed = (await Promise.allSettled(calls)).filter(({ status: end }) => end === 'rejected');
    // Five attempts: one of thirty-two fails all of them.
    expect(failed.length).toBeLessThan(bounds(60, 1 / 32).most);
  });

  it('let every fifth call wait 5 s, and none fail', async () => {
    await bring('storage-migrator-slow');
    const client = mesh.plainClient('storage-migrator');
    const outcomes = await plainCalls(100, 100, () => plainCall(client, GET_RUN));
    expect(outcomes.filter(({ code }) => code !== status.OK)).toEqual([]);
    const slow = outcomes.filter(({ afterMs }) => afterMs >= 4_900).length;
    expect(slow).toBeGreaterThan(Math.max(0, bounds(100, 0.2).least));
    expect(slow).toBeLessThan(bounds(100, 0.2).most);
  });

  it('refuse every third request for credentials, and nothing else of the scheduler', async () => {
    await bring('credentials-refused');
    const client = mesh.plainClient('scheduler');
    const outcomes = await plainCalls(200, 10, () => plainCall(client, '/smartant.credential.v1.CredentialService/Resolve'));
    const refused = outcomes.filter(({ code }) => code === status.UNAVAILABLE).length;
    expect(refused).toBeGreaterThan(bounds(200, 0.33).least);
    expect(refused).toBeLessThan(bounds(200, 0.33).most);
    expect(scheduler.calls).toHaveLength(200 - refused);
    const others = await plainCalls(50, 10, () => plainCall(client, '/smartant.migration.v1.MigrationService/GetMigration'));
    expect(others.filter(({ code }) => code !== status.OK)).toEqual([]);
  });
});
