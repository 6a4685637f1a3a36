import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { migrationV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer } from '@smartant/platform/grpc';
import { issueCertificate, readTlsMaterial } from '@smartant/platform/tls';
import { freePort } from '@smartant/test-servers';
import { GrpcApiModule } from './adapters/grpc-api';
import { auditEntries } from './fixtures/audit-entries';
import { Rig } from './fixtures/scheduler-under-test';

it('writes into the trail what the use cases refuse to a service', async () => {
  const rig = await Rig.open();
  const core = await rig.started();
  const folder = mkdtempSync(join(tmpdir(), 'smartant-grpc-refusals-'));
  const tls = async (name: string) => readTlsMaterial(await issueCertificate(folder, name));
  const address = `127.0.0.1:${await freePort()}`;
  const app = await NestFactory.create(GrpcApiModule.register(core), { logger: false });
  const services = { 'smartant.migration.v1.MigrationService': migrationV1.MigrationServiceService };
  await startGrpcServer(app, { services, url: address, tls: await tls('scheduler') });
  const client = createRpcClient(migrationV1.MigrationServiceClient, {
    address,
    tls: await tls('internal-client'),
    serverName: 'scheduler',
  });
  try {
    await core.database.query("UPDATE workspace SET disabled_at = now() WHERE name = 'default'");
    const asked = client.getMigration({ workspaceId: 'default', id: 'mig_1' });
    await expect(asked).rejects.toMatchObject({ code: 'WORKSPACE_DISABLED', kind: 'forbidden' });
    await core.refusals.flush();
    expect((await auditEntries(core.database)).at(-1)).toMatchObject({
      action: 'operation.call',
      actor: { userId: 'service:internal-client', address: '127.0.0.1', credential: 'service' },
      target: { id: '/smartant.migration.v1.MigrationService/GetMigration' },
      outcome: 'refused',
      code: 'WORKSPACE_DISABLED',
    });
  } finally {
    client.close();
    await app.close();
    await rig.close();
  }
});
