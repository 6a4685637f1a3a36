import { status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { meshResources } from './mesh-chart';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { plainCall, plainCalls } from './plain-call';
import type { Replica } from './replica';
import { TestMesh, until } from './test-mesh';

const GET_RUN = '/smartant.migrator.v1.MigratorService/GetRun';
/** The chart's own are 10 s and 30 s: only the waiting is shortened. */
const outlier = { interval: '1s', baseEjectionTime: '5s' };

describeIf(whyNoMesh(...DATA_PATH), 'zones', () => {
  let mesh: TestMesh;
  let here: Replica[];
  let there: Replica[];
  const arrivals = (replicas: Replica[]) => replicas.reduce((sum, { calls }) => sum + calls.length, 0);
  const answer = (replicas: Replica[], otherwise: 'ok' | 'unavailable') => replicas.forEach((replica) => replica.does(otherwise));
  beforeAll(async () => {
    mesh = await TestMesh.start();
    const replicas = await mesh.bring(
      'scheduler',
      {
        'here-1': ['storage-migrator', 'v1', 'zone-a'],
        'here-2': ['storage-migrator', 'v1', 'zone-a'],
        'there-1': ['storage-migrator', 'v1', 'zone-b'],
        'there-2': ['storage-migrator', 'v1', 'zone-b'],
      },
      { istio: { outlier } },
      'zone-a',
    );
    here = [replicas['here-1'], replicas['here-2']];
    there = [replicas['there-1'], replicas['there-2']];
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => answer([...here, ...there], 'ok'));

  it('keep calls in the caller’s own while its replicas are well', async () => {
    const client = mesh.plainClient('storage-migrator');
    const outcomes = await plainCalls(200, 10, () => plainCall(client, GET_RUN));
    expect(outcomes.filter(({ code }) => code !== status.OK)).toEqual([]);
    expect([arrivals(here), arrivals(there)]).toEqual([200, 0]);
    for (const { calls } of here) expect(calls.length).toBeGreaterThan(0);
  });

  it('take over one whose replicas fail, and give its calls back once they are well', async () => {
    const client = mesh.plainClient('storage-migrator');
    const call = (count: number) => plainCalls(count, 4, () => plainCall(client, GET_RUN));
    /** Envoy gathers what it learns of replicas for a second before its workers go by it. */
    const untilAllReach = (zone: Replica[], other: Replica[], otherAnswers: 'ok' | 'unavailable') =>
      until('all calls reach one zone', async () => {
        answer(zone, 'ok');
        answer(other, otherAnswers);
        await call(20);
        return arrivals(zone) === 20 && arrivals(other) === 0;
      });
    await untilAllReach(there, here, 'unavailable');
    const outcomes = await call(40);
    expect(outcomes.filter(({ code }) => code !== status.OK)).toEqual([]);
    expect([arrivals(here), arrivals(there)]).toEqual([0, 60]);
    // Nobody notices that they come back.
    answer(here, 'ok');
    await until('nobody is put aside any more', async () => {
      expect((await plainCall(client, GET_RUN)).code).toBe(status.OK);
      return (await mesh.sidecar.hosts()).every(({ ejected }) => !ejected);
    });
    await untilAllReach(here, there, 'ok');
    await call(40);
    expect([arrivals(here), arrivals(there)]).toEqual([60, 0]);
  });

  it('do not matter where that is said', async () => {
    const client = mesh.plainClient('storage-migrator');
    await mesh.plane.apply(meshResources(mesh.chart.render({ istio: { outlier, localityFailover: false } })));
    await until('calls go to both zones', async () => {
      answer([...here, ...there], 'ok');
      await plainCalls(40, 4, () => plainCall(client, GET_RUN));
      return [...here, ...there].every(({ calls }) => calls.length > 0);
    });
  });
});
