import { status } from '@grpc/grpc-js';
import { migrationV1, migratorV1 } from '@smartant/contracts';
import { describeIf } from '@smartant/test-servers';
import { meshResources } from './mesh-chart';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { plainCall } from './plain-call';
import type { Replica } from './replica';
import { TestMesh } from './test-mesh';

const PROBE = '/smartant.migrator.v1.MigratorService/Probe';
const GET_RUN = '/smartant.migrator.v1.MigratorService/GetRun';
const START_PHASE = '/smartant.migrator.v1.MigratorService/StartPhase';
const WATCH = '/smartant.migration.v1.MigrationService/WatchMigration';

describeIf(whyNoMesh(...DATA_PATH), 'retries in the mesh', () => {
  let mesh: TestMesh;
  let migrator: Replica;
  let scheduler: Replica;
  beforeAll(async () => {
    mesh = await TestMesh.start();
    ({ migrator, scheduler } = await mesh.bring('scheduler', {
      migrator: ['storage-migrator', 'v1'],
      scheduler: ['scheduler', 'v1'],
    }));
  });
  afterAll(() => mesh?.stop());

  it('are the caller’s where the policy says so: it is answered although the service was unavailable twice', async () => {
    const client = mesh.serviceClient('storage-migrator', migratorV1.MigratorServiceClient);
    migrator.does('ok', 'unavailable', 'unavailable');
    await client.probe(migratorV1.ProbeRequest.fromPartial({}));
    expect(migrator.calls).toEqual([PROBE, PROBE, PROBE]);
  });

  it('are the caller’s alone: the mesh sends nothing again, whatever the RPC', async () => {
    const client = mesh.plainClient('storage-migrator');
    for (const path of [PROBE, START_PHASE, '/smartant.migrator.v1.MigratorService/NotInProto']) {
      migrator.does('ok', 'unavailable');
      const { code } = await plainCall(client, path);
      // What nobody serves is refused by the replica itself.
      expect(code).toBe(path.endsWith('NotInProto') ? status.UNIMPLEMENTED : status.UNAVAILABLE);
      expect(migrator.calls).toEqual(path.endsWith('NotInProto') ? [] : [path]);
    }
  });

  it('are not made for a stream, by nobody', async () => {
    const client = mesh.serviceClient('scheduler', migrationV1.MigrationServiceClient);
    scheduler.does('ok', 'unavailable');
    const messages = client.watchMigration(migrationV1.WatchMigrationRequest.fromPartial({ id: 'mig_1' }));
    await expect(messages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(scheduler.calls).toEqual([WATCH]);
  });

  it('would be Istio’s own without our routes', async () => {
    const client = mesh.plainClient('storage-migrator');
    const routes = meshResources(mesh.chart.render()).filter(
      ({ kind, metadata }) => kind === 'VirtualService' && metadata.name === 'storage-migrator',
    );
    await mesh.plane.remove(routes);
    await mesh.untilRoutes((text) => !text.includes('virtual-service/storage-migrator'));
    migrator.does('ok', 'unavailable', 'unavailable');
    expect((await plainCall(client, START_PHASE)).code).toBe(status.OK);
    expect(migrator.calls).toHaveLength(3);
    await mesh.change(routes, (text) => text.includes('virtual-service/storage-migrator'));
  });

  it('are the mesh’s where a policy gives them to it and repeating is harmless', async () => {
    mesh.chart.changePolicy(PROBE, { retryOwner: 'mesh' });
    mesh.chart.changePolicy(GET_RUN, { retryOwner: 'mesh', idempotent: false });
    const client = mesh.plainClient('storage-migrator');
    await mesh.change(meshResources(mesh.chart.render()), (text) => text.includes('unavailable,connect-failure'));
    migrator.does('ok', 'unavailable', 'unavailable');
    expect((await plainCall(client, PROBE)).code).toBe(status.OK);
    expect(migrator.calls).toEqual([PROBE, PROBE, PROBE]);
    migrator.does('ok', 'unavailable');
    expect((await plainCall(client, GET_RUN)).code).toBe(status.UNAVAILABLE);
    expect(migrator.calls).toEqual([GET_RUN]);
  });
});
