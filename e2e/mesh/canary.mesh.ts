import { status } from '@grpc/grpc-js';
import { migratorV1 } from '@smartant/contracts';
import { withLogContext } from '@smartant/platform/logging';
import { describeIf } from '@smartant/test-servers';
import { request } from 'undici';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { bounds, plainCall, plainCalls } from './plain-call';
import type { Replica } from './replica';
import { TestMesh } from './test-mesh';

const GET_RUN = '/smartant.migrator.v1.MigratorService/GetRun';
const canary = [{ version: 'v2', weight: 10, header: 'v2', workspaces: ['wsp_1'] }];

describeIf(whyNoMesh(...DATA_PATH), 'a canary', () => {
  let mesh: TestMesh;
  let replicas: Record<'migrator-v1' | 'migrator-v2' | 'scheduler-v1' | 'scheduler-v2', Replica>;
  const arrivals = () => ({ v1: replicas['migrator-v1'].calls.length, v2: replicas['migrator-v2'].calls.length });
  beforeAll(async () => {
    mesh = await TestMesh.start();
    replicas = await mesh.bring(
      'scheduler',
      {
        'migrator-v1': ['storage-migrator', 'v1'],
        'migrator-v2': ['storage-migrator', 'v2'],
        'scheduler-v1': ['scheduler', 'v1'],
        'scheduler-v2': ['scheduler', 'v2'],
      },
      {
        services: {
          'storage-migrator': { canary: { version: 'v2', tag: '0.2.0' } },
          scheduler: { canary: { version: 'v2', tag: '0.2.0' } },
        },
        istio: { canaries: { 'storage-migrator': canary, scheduler: canary } },
      },
    );
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => Object.values(replicas).forEach((replica) => replica.does('ok')));

  it('gets the share of the requests that its weight says', async () => {
    const client = mesh.plainClient('storage-migrator');
    const outcomes = await plainCalls(600, 10, () => plainCall(client, GET_RUN));
    expect(outcomes.filter(({ code }) => code !== status.OK)).toEqual([]);
    const { v1, v2 } = arrivals();
    expect(v1 + v2).toBe(600);
    const { least, most } = bounds(600, 0.1);
    expect(v2).toBeGreaterThan(least);
    expect(v2).toBeLessThan(most);
  });

  it('gets every request with its header, and with another value no more than its share', async () => {
    const client = mesh.plainClient('storage-migrator');
    await plainCalls(50, 5, () => plainCall(client, GET_RUN, { 'x-smartant-canary': 'v2' }));
    expect(arrivals()).toEqual({ v1: 0, v2: 50 });
    await plainCalls(50, 5, () => plainCall(client, GET_RUN, { 'x-smartant-canary': 'v3' }));
    expect(arrivals().v1).toBeGreaterThan(50 - bounds(50, 0.1).most);
  });

  it('gets every call that the services make for its workspace', async () => {
    const client = mesh.serviceClient('storage-migrator', migratorV1.MigratorServiceClient);
    const callFor = (workspaceId: string) => withLogContext({ workspaceId }, () => client.getRun({ runId: 'run_1' } as never));
    for (let call = 0; call < 30; call += 1) await callFor('wsp_1');
    expect(arrivals()).toEqual({ v1: 0, v2: 30 });
    for (let call = 0; call < 30; call += 1) await callFor('wsp_2');
    expect(arrivals().v1).toBeGreaterThan(30 - bounds(30, 0.1).most);
  });

  it('gets its header’s and its workspace’s requests of the REST API', async () => {
    const port = mesh.chart.port('scheduler', 'http');
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const { body } = await request(`http://127.0.0.1:${port}${path}`, { headers: { host: `scheduler:${port}`, ...headers } });
      return body.text();
    };
    for (let round = 0; round < 20; round += 1) {
      expect(await ask('/v1/me', { 'x-smartant-canary': 'v2' })).toBe('scheduler-v2');
      expect(await ask('/v1/workspaces/wsp_1/migrations')).toBe('scheduler-v2');
    }
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('/v1/workspaces/wsp_10/migrations')));
    expect(answers.filter((answer) => answer === 'scheduler-v1').length).toBeGreaterThan(50 - bounds(50, 0.1).most);
  });
});
