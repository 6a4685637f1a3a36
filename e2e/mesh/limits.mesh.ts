import { status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { migratorV1 } from '@smartant/contracts';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { plainCall, plainCalls } from './plain-call';
import type { Replica } from './replica';
import { TestMesh, until } from './test-mesh';

const GET_RUN = '/smartant.migrator.v1.MigratorService/GetRun';
const RESOLVE = '/smartant.credential.v1.CredentialService/Resolve';
const WATCH = '/smartant.migration.v1.MigrationService/WatchMigration';
/** The chart's own are 10 s and 30 s: only the waiting is shortened. */
const outlier = { interval: '1s', baseEjectionTime: '3s' };

describeIf(whyNoMesh(...DATA_PATH), 'limits in the mesh', () => {
  let mesh: TestMesh;
  let replicas: Record<'migrator-a' | 'migrator-b' | 'database-a' | 'scheduler-a', Replica>;
  beforeAll(async () => {
    mesh = await TestMesh.start();
    replicas = await mesh.bring(
      'storage-migrator',
      {
        'migrator-a': ['storage-migrator', 'v1'],
        'migrator-b': ['storage-migrator', 'v1'],
        'database-a': ['db-migrator', 'v1'],
        'scheduler-a': ['scheduler', 'v1'],
      },
      { istio: { outlier, pool: { requests: 5 } } },
    );
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => Object.values(replicas).forEach((replica) => replica.does('ok')));

  it('put a failing replica aside, and let it come back', async () => {
    const failing = replicas['migrator-a'];
    const client = mesh.plainClient('storage-migrator');
    const ejected = async () => (await mesh.sidecar.hosts()).some(({ port, ejected: isEjected }) => port === failing.port && isEjected);
    failing.does('unavailable');
    await until('the failing replica is put aside', async () => {
      await plainCall(client, GET_RUN);
      return ejected();
    });
    // Five failures in a row, and what was on its way.
    expect(failing.calls.length).toBeLessThanOrEqual(7);
    failing.does('ok');
    let meanwhile = 0;
    await until('it is back', async () => {
      expect((await plainCall(client, GET_RUN)).code).toBe(status.OK);
      if (!(await ejected())) return true;
      meanwhile += 1;
      expect(failing.calls).toEqual([]);
      return false;
    });
    expect(meanwhile).toBeGreaterThan(5);
    await until('it is asked again', async () => {
      await plainCall(client, GET_RUN);
      return failing.calls.length > 0;
    });
  });

  it('keep replicas that are well and say that an endpoint of the user is away', async () => {
    const client = mesh.plainClient('storage-migrator');
    const both = [replicas['migrator-a'], replicas['migrator-b']];
    for (const replica of both) replica.does('endpoint-away');
    const answers = await plainCalls(40, 2, () => plainCall(client, GET_RUN));
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([status.FAILED_PRECONDITION]));
    expect(both.map(({ calls }) => calls.length).reduce((sum, count) => sum + count)).toBe(40);
    expect((await mesh.sidecar.hosts()).filter(({ ejected }) => ejected)).toEqual([]);
  });

  it('refuse at once what is more than a pool holds, while what is under way and other services go on', async () => {
    const [a, b] = [replicas['migrator-a'], replicas['migrator-b']];
    const client = mesh.plainClient('storage-migrator');
    const patient = mesh.serviceClient('storage-migrator', migratorV1.MigratorServiceClient);
    await patient.getRun(migratorV1.GetRunRequest.fromPartial({ runId: 'run_1' }));
    a.does('hold');
    b.does('hold');
    const underWay = Array.from({ length: 5 }, () => plainCall(client, GET_RUN));
    await until('the pool is full', () => a.holding + b.holding === 5);
    const refused = await plainCalls(20, 4, () => plainCall(client, GET_RUN));
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([status.UNAVAILABLE]));
    expect(Math.max(...refused.map(({ afterMs }) => afterMs))).toBeLessThan(2_000);
    expect(a.calls.length + b.calls.length).toBe(5);
    expect((await plainCall(mesh.plainClient('db-migrator'), GET_RUN)).code).toBe(status.OK);
    // A service that is refused tries again by its policy, and is answered once there is room.
    const answer = patient.getRun(migratorV1.GetRunRequest.fromPartial({ runId: 'run_1' }));
    expect((await plainCall(client, GET_RUN)).code).toBe(status.UNAVAILABLE);
    for (const replica of [a, b]) {
      replica.release();
      replica.does('ok');
    }
    expect((await Promise.all(underWay)).map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => status.OK));
    await expect(answer).resolves.toBeDefined();
  });

  it('end a call that takes longer than its policy allows, and no stream', async () => {
    const scheduler = replicas['scheduler-a'];
    scheduler.does('hold');
    const client = mesh.plainClient('scheduler');
    const stream = client.makeServerStreamRequest(
      WATCH,
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
    );
    let streamEnded: string | null = null;
    stream
      .on('data', () => undefined)
      .on('error', (error) => (streamEnded = String(error)))
      .on('end', () => (streamEnded ??= 'well'));
    const { code, afterMs } = await plainCall(client, RESOLVE);
    // The deadline of the policy is 5 s, and the caller's own is heard first: the mesh's comes two seconds later.
    expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(code);
    expect(afterMs).toBeGreaterThan(6_900);
    expect(afterMs).toBeLessThan(10_000);
    expect(scheduler.calls.filter((path) => path === RESOLVE)).toHaveLength(1);
    expect(streamEnded).toBeNull();
    scheduler.release();
    await until('the stream has ended by itself', () => streamEnded === 'well');
  });
});
