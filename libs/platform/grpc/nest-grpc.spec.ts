import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod } from '@nestjs/microservices';
import { Client, credentials, type Metadata, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { credentialV1, migrationV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { HealthRegistry } from '@smartant/platform/health';
import { createLogger, currentLogContext, nestLogger, withLogContext } from '@smartant/platform/logging';
import { registry } from '@smartant/platform/metrics';
import { issueCertificate, readTlsMaterial, type TlsMaterial } from '@smartant/platform/tls';
import { service as healthService } from 'grpc-health-check';
import { callerOf, createRpcClient, RpcController, startGrpcServer, streamOf, type RefusedCall, type RpcClientSettings } from './index';

const seen: { caller?: string; context?: object; watchEnded: number } = { watchEnded: 0 };

@RpcController()
class SpecController {
  @GrpcMethod('CredentialService', 'Resolve')
  async resolve(
    request: credentialV1.ResolveRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<credentialV1.ResolveRequest, credentialV1.ResolveResponse>,
  ): Promise<credentialV1.ResolveResponse> {
    await Promise.resolve();
    Object.assign(seen, { caller: callerOf(call), context: currentLogContext() });
    if (request.runId === 'broken') throw new Error('CANARY text of a driver');
    if (request.epoch > 1) {
      throw new SmartantError('RUN_EPOCH_STALE', 'The epoch is stale.', {
        kind: 'precondition',
        hint: 'Claim again.',
        details: { subject: request.runId },
      });
    }
    const s3 = { accessKeyId: 'AKIA', secretAccessKey: request.endpointId, sessionToken: '' };
    return { secret: { $case: 's3', value: s3 }, ttlSeconds: 60, network: undefined };
  }

  @GrpcMethod('MigrationService', 'WatchMigration')
  watch(
    request: migrationV1.WatchMigrationRequest,
    _metadata: Metadata,
    call: ServerWritableStream<migrationV1.WatchMigrationRequest, migrationV1.WatchMigrationResponse>,
  ) {
    return streamOf(call, async function* (signal) {
      for (let i = 0; i < 3; i += 1) yield migrationV1.WatchMigrationResponse.fromPartial({});
      if (request.id === 'fails') throw new SmartantError('MIGRATION_GONE', 'Deleted.', { kind: 'not-found' });
      if (request.id !== 'endless') return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      seen.watchEnded += 1;
    });
  }
}

class SpecModule {}
const specModule = { module: SpecModule, controllers: [SpecController] };

const lines: string[] = [];
const refused: RefusedCall[] = [];
const logger = createLogger({ service: 'spec', level: 'warn', output: { write: (line) => void lines.push(line) } });
const dir = mkdtempSync(join(tmpdir(), 'smartant-grpc-'));
const material = async (name: string): Promise<TlsMaterial> => readTlsMaterial(await issueCertificate(dir, name));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startApp(url: string, tls: TlsMaterial | undefined, health = new HealthRegistry()): Promise<INestApplication> {
  const app = await NestFactory.create(specModule, { logger: nestLogger(logger), abortOnError: false });
  const services = {
    'smartant.credential.v1.CredentialService': credentialV1.CredentialServiceService,
    'smartant.migration.v1.MigrationService': migrationV1.MigrationServiceService,
  };
  await startGrpcServer(app, { services, url, tls, health, logger, onRefused: (call) => void refused.push(call) });
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('a Nest application with HTTP and gRPC over mutual TLS', () => {
  const health = new HealthRegistry();
  let app: INestApplication;
  let address: string;
  const open: { close(): void }[] = [];

  const credentialClient = async (name: string, more: Partial<RpcClientSettings> = {}) => {
    const client = createRpcClient(credentialV1.CredentialServiceClient, {
      address,
      tls: await material(name),
      serverName: 'scheduler',
      ...more,
    });
    open.push(client);
    return client;
  };
  const watchClient = async () => {
    const client = createRpcClient(migrationV1.MigrationServiceClient, {
      address,
      tls: await material('internal-client'),
      serverName: 'scheduler',
    });
    open.push(client);
    return client;
  };
  const request = (more: Partial<credentialV1.ResolveRequest> = {}) => ({ runId: 'run_1', epoch: 1, endpointId: 'ep_1', ...more });

  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`;
    app = await startApp(address, await material('scheduler'), health);
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await app.close();
  });

  it('answers a caller that the policy names, with its ids in the log context of the handler', async () => {
    const client = await credentialClient('storage-migrator');
    const response = await withLogContext({ workspaceId: 'ws_1', runId: 'run_1' }, () => client.resolve(request(), { requestId: 'req_1' }));
    expect(response).toMatchObject({ secret: { $case: 's3', value: { secretAccessKey: 'ep_1' } }, ttlSeconds: 60 });
    expect(seen.caller).toBe('storage-migrator');
    expect(seen.context).toEqual({ workspaceId: 'ws_1', runId: 'run_1', requestId: 'req_1' });
  });

  it('refuses a caller that the policy does not name, and says so in the log', async () => {
    const client = await credentialClient('internal-client');
    await expect(client.resolve(request())).rejects.toMatchObject({ code: 'RPC_CALLER_FORBIDDEN', details: { caller: 'internal-client' } });
    expect(lines.join('')).toContain('not an allowed caller');
    expect(refused).toEqual([
      { method: expect.stringMatching(/\/Resolve$/), caller: 'internal-client', peer: expect.stringMatching(/:\d+$/) },
    ]);
  });

  it('refuses a certificate of another authority, none at all, and a server of another name', async () => {
    const foreignDir = mkdtempSync(join(tmpdir(), 'smartant-foreign-'));
    const foreign = readTlsMaterial(await issueCertificate(foreignDir, 'storage-migrator'));
    const ours = await material('storage-migrator');
    for (const settings of [{ tls: { ...foreign, ca: ours.ca } }, { tls: undefined }, { serverName: 'storage-migrator-2' }]) {
      const client = await credentialClient('storage-migrator', settings);
      await expect(client.resolve(request(), { deadlineMs: 400 })).rejects.toMatchObject({
        kind: expect.stringMatching(/unavailable|timeout/),
      });
    }
  });

  it('carries typed errors from a handler, and hides the text of defects', async () => {
    const client = await credentialClient('storage-migrator');
    await expect(client.resolve(request({ epoch: 2 }))).rejects.toMatchObject({
      code: 'RUN_EPOCH_STALE',
      kind: 'precondition',
      hint: 'Claim again.',
      details: { subject: 'run_1' },
    });
    const defect = await client.resolve(request({ runId: 'broken' })).catch((error: SmartantError) => error);
    expect(defect).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(String((defect as SmartantError).message)).not.toContain('CANARY');
    expect(lines.join('')).toContain('CANARY text of a driver');
  });

  it('streams to the end, ends with a typed error, and tells the handler when the reader goes away', async () => {
    const client = await watchClient();
    const read = async (id: string, stopAfter = Infinity) => {
      let count = 0;
      for await (const _ of client.watchMigration(migrationV1.WatchMigrationRequest.fromPartial({ id }))) {
        count += 1;
        if (count >= stopAfter) break;
      }
      return count;
    };
    expect(await read('ends')).toBe(3);
    await expect(read('fails')).rejects.toMatchObject({ code: 'MIGRATION_GONE', kind: 'not-found' });
    expect(await read('endless', 2)).toBe(2);
    await until(() => seen.watchEnded === 1);
    const controller = new AbortController();
    const stream = client.watchMigration(migrationV1.WatchMigrationRequest.fromPartial({ id: 'endless' }), { signal: controller.signal });
    const reading = (async () => {
      for await (const _ of stream) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => seen.watchEnded === 2);
  });

  it('answers UNIMPLEMENTED for an RPC without a handler', async () => {
    const client = await watchClient();
    await expect(client.getMigration(migrationV1.GetMigrationRequest.fromPartial({}))).rejects.toMatchObject({ code: 'RPC_UNIMPLEMENTED' });
  });

  it('follows readiness in grpc.health.v1 for any holder of a certificate', async () => {
    const { ca, key, cert } = await material('anybody');
    const channel = new Client(address, credentials.createSsl(ca, key, cert), { 'grpc.ssl_target_name_override': 'scheduler' });
    open.push(channel);
    const check = healthService['Check']!;
    const statusOf = (name: string) =>
      new Promise((resolve, reject) =>
        channel.makeUnaryRequest(check.path, check.requestSerialize, check.responseDeserialize, { service: name }, (error, response) =>
          error ? reject(error) : resolve((response as { status: string }).status),
        ),
      );
    expect(await statusOf('')).toBe('SERVING');
    expect(await statusOf('smartant.credential.v1.CredentialService')).toBe('SERVING');
    health.setDraining();
    expect(await statusOf('')).toBe('NOT_SERVING');
  });

  it('counts calls by method and status', async () => {
    const text = await registry.metrics();
    expect(text).toMatch(
      /smartant_rpc_server_duration_seconds_count\{method="\/smartant.credential.v1.CredentialService\/Resolve",code="OK"\}/,
    );
    expect(text).toMatch(/smartant_rpc_client_duration_seconds_count\{method="[^"]*Resolve",code="PERMISSION_DENIED"\}/);
  });

  it('names a port that is taken', async () => {
    const second = NestFactory.create(specModule, { logger: false, abortOnError: false });
    const services = { 'smartant.credential.v1.CredentialService': credentialV1.CredentialServiceService };
    await expect(startGrpcServer(await second, { services, url: address })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});

describe('a restart of the server under a connected client', () => {
  it('reconnects without help (grpc-node #2785), and an endless stream does not hold the stop', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const tls = await material('scheduler');
    let app = await startApp(address, tls);
    const client = createRpcClient(credentialV1.CredentialServiceClient, {
      address,
      tls: await material('storage-migrator'),
      serverName: 'scheduler',
    });
    const watcher = createRpcClient(migrationV1.MigrationServiceClient, {
      address,
      tls: await material('internal-client'),
      serverName: 'scheduler',
    });
    const call = () => client.resolve({ runId: 'run_1', epoch: 1, endpointId: 'ep_1' });
    await call();
    let streaming = 0;
    const stream = (async () => {
      for await (const _ of watcher.watchMigration(migrationV1.WatchMigrationRequest.fromPartial({ id: 'endless' }))) streaming += 1;
    })().catch((error: SmartantError) => error.code);
    await until(() => streaming === 3);
    const stoppingMs = Date.now();
    await app.close();
    expect(Date.now() - stoppingMs).toBeLessThan(25_000);
    expect(await stream).toMatch(/RPC_UNAVAILABLE|CANCELLED|RPC_FAILED/);
    const during = call();
    app = await startApp(address, tls);
    await expect(during).resolves.toMatchObject({ ttlSeconds: 60 });
    await expect(call()).resolves.toMatchObject({ ttlSeconds: 60 });
    client.close();
    watcher.close();
    await app.close();
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
