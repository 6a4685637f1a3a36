import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { credentialV1, commonV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer } from '@smartant/platform/grpc';
import { issueCertificate, readTlsMaterial } from '@smartant/platform/tls';
import { freePort } from '@smartant/test-servers';
import { ResolveCredentials } from '../../application/credentials/resolve-credentials';
import { CANARY, inState, migrationInput, operator, Rig, until } from '../../fixtures/scheduler-under-test';
import { CredentialController } from './credential-controller';

describe('CredentialService over mutual TLS', () => {
  const authority = mkdtempSync(join(tmpdir(), 'smartant-credential-'));
  let rig: Rig;
  let app: INestApplication;
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
  });

  afterAll(async () => {
    await app?.close();
    await rig.close();
    rmSync(authority, { recursive: true, force: true });
  });

  it('answers a migrator for its active run, and nobody else', async () => {
    const core = await rig.started();
    @Module({ controllers: [CredentialController], providers: [{ provide: ResolveCredentials, useValue: core.credentials }] })
    class CredentialModule {}
    app = await NestFactory.create(CredentialModule, { logger: false });
    address = `127.0.0.1:${await freePort()}`;
    const tls = readTlsMaterial(await issueCertificate(authority, 'scheduler'));
    const services = { 'smartant.credential.v1.CredentialService': credentialV1.CredentialServiceService };
    await startGrpcServer(app, { services, url: address, tls });

    const { id } = await core.useCases.migrations.create(operator, migrationInput(), undefined);
    const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
    const request = { runId: runId!, epoch, endpointId: spec.targetEndpointId };
    const answer = await as('storage-migrator', request);
    expect(answer).toMatchObject({ secret: { $case: 's3', value: { accessKeyId: 'access', secretAccessKey: CANARY } } });
    expect(answer.ttlSeconds).toBeGreaterThan(0);
    await expect(as('db-migrator', request)).rejects.toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN', kind: 'forbidden' });
    await expect(as('internal-client', request)).rejects.toMatchObject({ code: 'RPC_CALLER_FORBIDDEN' });
    await expect(as('storage-migrator', { ...request, epoch: epoch - 1 })).rejects.toMatchObject({
      code: 'CREDENTIAL_EPOCH_STALE',
      kind: 'precondition',
    });
  });
});
