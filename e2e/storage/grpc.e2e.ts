import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonV1, migrationV1 } from '@smartant/contracts';
import { createRpcClient } from '@smartant/platform/grpc';
import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';

describe('MigrationService, as an internal client calls it', () => {
  const platform = new EmbeddedPlatform();
  let server: S3Server;

  beforeAll(async () => {
    server = await startS3('sample');
    await platform.start();
  });
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
  });

  const connect = (name: string) => {
    const file = (suffix: string) => readFileSync(join(platform.dataFolder, 'secrets', 'tls', suffix));
    return createRpcClient(migrationV1.MigrationServiceClient, {
      address: `127.0.0.1:${platform.port('SMARTANT_SCHEDULER_GRPC_PORT')}`,
      tls: { ca: file('ca.crt'), cert: file(`${name}.crt`), key: file(`${name}.key`) },
      serverName: 'scheduler',
    });
  };

  it('creates a migration once for a request id, and streams it to its end', async () => {
    await Promise.all(['from', 'into'].map((name) => server.createBucket(name)));
    const [source, target] = [new Bucket(server, 'from'), new Bucket(server, 'into')];
    await source.put('object', 'content');
    for (const [name, bucket] of [['grpc-source', source] as const, ['grpc-target', target] as const]) {
      await platform.api('POST', '/v1/workspaces/default/endpoints', { name, ...bucket.inline() });
    }
    const client = connect('internal-client');
    const request = migrationV1.CreateMigrationRequest.fromPartial({
      requestId: 'grpc-e2e-1',
      workspaceId: 'default',
      name: 'over grpc',
      sourceEndpointId: 'grpc-source',
      targetEndpointId: 'grpc-target',
      automaticCutover: true,
      sourceFrozen: true,
    });
    const { migration } = await client.createMigration(request);
    expect((await client.createMigration(request)).migration?.id).toBe(migration!.id);

    const seen: commonV1.Phase[] = [];
    for await (const update of client.watchMigration({ workspaceId: 'default', id: migration!.id })) {
      seen.push(update.migration!.phase);
      if (update.migration!.phase === commonV1.Phase.PHASE_REVERSIBLE && update.migration!.status === commonV1.Status.STATUS_WAITING) {
        const action = migrationV1.ControlMigrationRequest_Action.ACTION_FINALIZE;
        await client.controlMigration({ requestId: 'grpc-e2e-2', workspaceId: 'default', id: migration!.id, action, sourceFrozen: false });
      }
    }
    expect(seen.at(-1)).toBe(commonV1.Phase.PHASE_DONE);
    expect(await target.contents()).toEqual(await source.contents());
    client.close();
  }, 120_000);

  it('is refused to a service that the policy does not name', async () => {
    const client = connect('storage-migrator');
    await expect(client.getMigration({ workspaceId: 'default', id: 'mig_x' })).rejects.toMatchObject({ code: 'RPC_CALLER_FORBIDDEN' });
    client.close();
  });
});
