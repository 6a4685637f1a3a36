import { type Client, status } from '@grpc/grpc-js';
import { describeIf } from '@smartant/test-servers';
import { DATA_PATH, whyNoMesh } from './mesh-programs';
import { bounds, plainCall, plainCalls } from './plain-call';
import type { Replica } from './replica';
import { TestMesh } from './test-mesh';

const GET_MIGRATION = '/smartant.migration.v1.MigrationService/GetMigration';
const KONG = 'kong/kong-gateway';

/** Kong's own part, and what its controller makes of the resources, is not in this: the name that it calls by is (`konghq.com/host-header`). */
describeIf(whyNoMesh(...DATA_PATH), 'gRPC of the scheduler by the name under which a Kong Ingress Controller calls it', () => {
  let mesh: TestMesh;
  let replicas: Record<'v1' | 'v2', Replica>;
  let client: Client;
  beforeAll(async () => {
    mesh = await TestMesh.start();
    replicas = await mesh.bring(
      'storage-migrator',
      { v1: ['scheduler', 'v1'], v2: ['scheduler', 'v2'] },
      {
        services: { scheduler: { canary: { version: 'v2', tag: '0.2.0' } } },
        gateway: { enabled: true, mode: 'controller', grpc: { enabled: true } },
        istio: {
          canaries: { scheduler: [{ version: 'v2', weight: 10, header: 'v2' }] },
          restCallers: ['gateway-keys', KONG],
          internalClients: ['internal-client', KONG],
        },
      },
    );
    await mesh.untilRoutes((routes) => routes.includes('scheduler-grpc'));
    client = mesh.plainClient('scheduler', 'scheduler-grpc.prod.svc');
  });
  afterAll(() => mesh?.stop());
  beforeEach(() => Object.values(replicas).forEach((replica) => replica.does('ok')));

  it('goes to both versions by their shares, and by header', async () => {
    const outcomes = await plainCalls(400, 10, () => plainCall(client, GET_MIGRATION));
    expect(outcomes.filter(({ code }) => code !== status.OK)).toEqual([]);
    expect(replicas.v1.calls.length + replicas.v2.calls.length).toBe(400);
    const { least, most } = bounds(400, 0.1);
    expect(replicas.v2.calls.length).toBeGreaterThan(least);
    expect(replicas.v2.calls.length).toBeLessThan(most);
    Object.values(replicas).forEach((replica) => replica.does('ok'));
    await plainCalls(30, 5, () => plainCall(client, GET_MIGRATION, { 'x-smartant-canary': 'v2' }));
    expect([replicas.v1.calls.length, replicas.v2.calls.length]).toEqual([0, 30]);
  });

  it('is repeated by nobody but its caller', async () => {
    Object.values(replicas).forEach((replica) => replica.does('unavailable'));
    expect((await plainCall(client, GET_MIGRATION)).code).toBe(status.UNAVAILABLE);
    expect(replicas.v1.calls.length + replicas.v2.calls.length).toBe(1);
  });
});
