import { auditEntries } from '../../fixtures/audit-entries';
import { credentials, Metadata } from '@grpc/grpc-js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { credentialV1, commonV1 } from '@smartant/contracts';
import { createRpcClient, fromGrpcError, startGrpcServer } from '@smartant/platform/grpc';
import { issueCertificate, readTlsMaterial, type TlsMaterial } from '@smartant/platform/tls';
import { freePort } from '@smartant/test-servers';
import { ResolveCredentials } from '../../application/credentials/resolve-credentials';
import type { MigrationInput } from '../../application/use-cases';
import { CANARY, databaseInput, inState, migrationInput, operator, Rig, until } from '../../fixtures/scheduler-under-test';
import type { SchedulerCore } from '../../scheduler-core';
import { CredentialController } from './credential-controller';

describe('CredentialService over mutual TLS', () => {
  const authority = mkdtempSync(join(tmpdir(), 'smartant-credential-'));
  let rig: Rig;
  const apps: INestApplication[] = [];
  let address: string;

  const as = async (commonName: string, request: credentialV1.ResolveRequest) => {
    const tls = readTlsMaterial(await issueCertificate(authority, commonName));
    const client = createRpcClient(credentialV1.CredentialServiceClient, { address, tls, serverName: 'scheduler' });
    try {
      return await client.resolve(request);
    } finally {
      client.close();
    }
  };

  beforeAll(async () => {
    rig = await Rig.open();
    rig.migrator.held.add(commonV1.Phase.PHASE_FULL);
    rig.databaseMigrator.held.add(commonV1.Phase.PHASE_FULL);
  });

  /** Serves on a port of its own; without `tls` as in a mesh. */
  const serve = async (core: SchedulerCore, tls?: TlsMaterial) => {
    @Module({ controllers: [CredentialController], providers: [{ provide: ResolveCredentials, useValue: core.credentials }] })
    class CredentialModule {}
    const app = await NestFactory.create(CredentialModule, { logger: false });
    apps.push(app);
    address = `127.0.0.1:${await freePort()}`;
    const services = { 'smartant.credential.v1.CredentialService': credentialV1.CredentialServiceService };
    await startGrpcServer(app, { services, url: address, tls });
  };

  const running = async (core: SchedulerCore, input = migrationInput() as MigrationInput) => {
    const { id } = await core.useCases.migrations.create(operator, input, undefined);
    const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
    return { runId: runId!, epoch, endpointId: spec.targetEndpointId };
  };

  afterAll(async () => {
    for (const app of apps) await app.close();
    await rig.close();
    rmSync(authority, { recursive: true, force: true });
  });

  it('answers a migrator for its active run, and nobody else', async () => {
    const core = await rig.started();
    await serve(core, readTlsMaterial(await issueCertificate(authority, 'scheduler')));
    const request = await running(core);
    const answer = await as('storage-migrator', request);
    expect(answer).toMatchObject({ secret: { $case: 's3', value: { accessKeyId: 'access', secretAccessKey: CANARY } } });
    expect(answer.ttlSeconds).toBeGreaterThan(0);
    await expect(as('db-migrator', request)).rejects.toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN', kind: 'forbidden' });
    await expect(as('internal-client', request)).rejects.toMatchObject({ code: 'RPC_CALLER_FORBIDDEN' });
    await expect(as('storage-migrator', { ...request, epoch: request.epoch - 1 })).rejects.toMatchObject({
      code: 'CREDENTIAL_EPOCH_STALE',
      kind: 'precondition',
    });
  });

  it('answers db-migrator for databases, and no other migrator', async () => {
    const core = await rig.started();
    await serve(core, readTlsMaterial(await issueCertificate(authority, 'scheduler')));
    const request = await running(core, databaseInput());
    expect(await as('db-migrator', request)).toMatchObject({ secret: { $case: 'password', value: { password: CANARY } } });
    await expect(as('storage-migrator', request)).rejects.toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN', kind: 'forbidden' });
    // The run of one kind opens no endpoint of the other.
    const storage = await running(core);
    await expect(as('db-migrator', { ...request, endpointId: storage.endpointId })).rejects.toMatchObject({
      code: 'CREDENTIAL_ENDPOINT_FORBIDDEN',
    });
  });

  it('answers inside a mesh whom the sidecar names, and nobody without a name', async () => {
    const core = await rig.started();
    await serve(core);
    const request = await running(core);
    const client = new credentialV1.CredentialServiceClient(address, credentials.createInsecure());
    const ask = (forwarded?: string) =>
      new Promise<unknown>((resolve) => {
        const metadata = new Metadata();
        if (forwarded) metadata.set('x-forwarded-client-cert', forwarded);
        client.resolve(request, metadata, (error, answer) => resolve(error ? fromGrpcError(error) : answer));
      });
    const from = (account: string) =>
      `By=spiffe://cluster.local/ns/smartant/sa/scheduler;Hash=0;URI=spiffe://cluster.local/ns/smartant/sa/${account}`;
    expect(await ask(from('storage-migrator'))).toMatchObject({ secret: { $case: 's3' } });
    expect(await ask()).toMatchObject({ code: 'CREDENTIAL_CALLER_UNKNOWN', kind: 'forbidden' });
    expect(await ask(from('notifier'))).toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN' });
    client.close();
  });

  it('has each use on record before it answers, and refusals too', async () => {
    const core = await rig.started();
    const request = { ...(await running(core)), caller: 'storage-migrator' };
    const origin = { address: '10.0.0.1:5', credential: 'service', traceId: 'abc' };
    await core.credentials.resolve({ ...request, origin });
    await expect(core.credentials.resolve({ ...request, epoch: 99 })).rejects.toMatchObject({ code: 'CREDENTIAL_EPOCH_STALE' });
    await expect(core.credentials.resolve({ ...request, caller: null })).rejects.toMatchObject({ code: 'CREDENTIAL_CALLER_UNKNOWN' });
    const uses = (await auditEntries(core.database)).filter(({ action }) => action === 'credential.use');
    const used = uses.length;
    const entries = uses.slice(-3);
    const target = { kind: 'endpoint', id: request.endpointId };
    expect(entries).toMatchObject([
      {
        action: 'credential.use',
        target,
        after: { runId: request.runId, epoch: request.epoch },
        outcome: 'done',
        actor: { userId: 'service:storage-migrator', ...origin },
      },
      { workspaceId: operator.workspaceId, outcome: 'refused', code: 'CREDENTIAL_EPOCH_STALE' },
      { outcome: 'refused', code: 'CREDENTIAL_CALLER_UNKNOWN', actor: { userId: 'service:unknown' } },
    ]);
    expect(JSON.stringify(entries)).not.toContain(CANARY);

    // Another port of the same process is no other use.
    await core.credentials.resolve({ ...request, origin: { ...origin, address: '10.0.0.1:6' } });
    expect((await auditEntries(core.database)).filter(({ action }) => action === 'credential.use')).toHaveLength(used);

    await core.database.query('ALTER TABLE audit_pending RENAME TO audit_lost');
    const elsewhere = { ...request, origin: { ...origin, address: '10.0.0.2:5' } };
    await expect(core.credentials.resolve(elsewhere)).rejects.toMatchObject({ code: '42P01' });
    await expect(core.credentials.resolve({ ...elsewhere, epoch: 99 })).rejects.toMatchObject({ code: 'CREDENTIAL_EPOCH_STALE' });
    expect(rig.logLines.join('')).toContain('a refused use of credentials could not be recorded');
    await core.database.query('ALTER TABLE audit_lost RENAME TO audit_pending');
  });
});
