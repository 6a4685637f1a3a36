import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { commonV1, credentialV1, migratorV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { MigratorModule, ResolvedSecrets } from '@smartant/runs/adapters';
import { freePort, startConnectProxy } from '@smartant/test-servers';
import { migratorWire } from './adapters/grpc/migrator-wire';
import { storageSecrets } from './adapters/scheduler/storage-secrets';
import type { Endpoint } from './domain/run';
import { MigratorRig } from './testkit/migrator-rig';

const { Phase, Status } = commonV1;

describe('MigratorService over gRPC', () => {
  let rig: MigratorRig;
  let app: INestApplication;
  let rpc: RpcClient<typeof migratorV1.MigratorServiceClient.service>;

  beforeAll(async () => {
    rig = await MigratorRig.start();
    const url = `127.0.0.1:${await freePort()}`;
    app = await NestFactory.create(MigratorModule.with({ ...rig.process(), wire: migratorWire }), { logger: false, abortOnError: false });
    await startGrpcServer(app, { services: { 'smartant.migrator.v1.MigratorService': migratorV1.MigratorServiceService }, url });
    await app.init();
    rpc = createRpcClient(migratorV1.MigratorServiceClient, { address: url });
  });
  afterAll(async () => {
    rpc?.close();
    await app?.close();
    await rig.stop();
  });

  const access = { runId: 'probe_1', epoch: 1 };
  const proto = (endpoint: Endpoint, via: commonV1.Way[] = []): commonV1.Endpoint => {
    if (endpoint.location.kind !== 's3') throw new Error('unreachable');
    const { serviceUrl, region, bucket, prefix } = endpoint.location;
    const addressing = commonV1.AddressingStyle.ADDRESSING_STYLE_PATH;
    const value = { serviceUrl, region, bucket, prefix, addressing, tlsCaPem: '', tls: undefined, via };
    return { id: endpoint.id, workspaceId: 'ws', location: { $case: via.length > 0 ? 'routedS3' : 's3', value } };
  };
  const scope: commonV1.Scope = {
    kind: {
      $case: 'storage',
      value: commonV1.StorageScope.fromPartial({
        quarantineCap: 10,
        maxDeletes: 10,
        deletePolicy: commonV1.DeletePolicy.DELETE_POLICY_PROPAGATE,
      }),
    },
  };

  it('probes, browses, estimates and prechecks', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { 'a/b': '12345', c: '1' });
    await rig.put(target, { there: 'already' });
    const probe = await rpc.probe({ endpoint: proto(source), access });
    expect(probe).toMatchObject({ reachable: true, findings: [] });
    const missing = await rpc.probe({ endpoint: proto(rig.endpointOf('no-such-bucket-here')), access });
    expect(missing).toMatchObject({ reachable: false, findings: [{ code: 'STORAGE_BUCKET_NOT_FOUND' }] });
    const page = await rpc.discover({ endpoint: proto(source), access, path: '', pageSize: 10, pageToken: '' });
    expect(page.items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['prefix', 'object']));
    expect(await rpc.estimate({ source: proto(source), scope, access })).toEqual({ objects: 2, bytes: 6, complete: true });
    const checked = await rpc.precheck({ source: proto(source), target: proto(target), scope, access });
    expect(checked.estimate).toEqual({ objects: 2, bytes: 6, complete: true });
    expect(checked.findings.map(({ code }) => code)).toEqual(['TARGET_NOT_EMPTY']);
  });

  it('reaches an endpoint over the way that it is given, and refuses a step that it does not know', async () => {
    const source = await rig.bucket();
    const proxy = await startConnectProxy();
    const way: commonV1.Way = { kind: { $case: 'proxy', value: { host: '127.0.0.1', port: proxy.port, tls: false, user: '' } } };
    expect(await rpc.probe({ endpoint: proto(source, [way]), access })).toMatchObject({ reachable: true, findings: [] });
    expect(proxy.asked.length).toBeGreaterThan(0);
    await proxy.close();
    await expect(rpc.probe({ endpoint: proto(source, [{ kind: undefined }]), access })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      fields: [{ field: 'endpoint.via.0' }],
    });
  });

  it('finds every blocker at once', async () => {
    const checked = await rpc.precheck({
      source: proto(rig.endpointOf('no-such-source')),
      target: { id: 'e', workspaceId: 'ws', location: { $case: 'file', value: { rootPath: '/tmp', path: '' } } },
      scope,
      access,
    });
    expect(checked.findings.map(({ code, subject }) => `${subject} ${code}`)).toEqual([
      'source STORAGE_BUCKET_NOT_FOUND',
      'target TARGET_READ_ONLY',
    ]);
  });

  it('refuses a start that a cancel has overtaken, and names the highest epoch that it has seen', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    const request: migratorV1.StartPhaseRequest = {
      ...{
        runId: 'run_late',
        migrationId: 'mig_late',
        workspaceId: 'ws',
        epoch: 7,
        phase: Phase.PHASE_FULL,
        round: 1,
        sourceFrozen: false,
      },
      ...{ source: proto(source), target: proto(target), scope, limits: undefined, sharedLimits: [], limitsVersion: 0, priority: 0 },
    };
    expect((await rpc.cancel({ runId: 'run_late', migrationId: 'mig_late', epoch: 7 })).run).toBeUndefined();
    await expect(rpc.startPhase(request)).rejects.toMatchObject({ code: 'RUN_EPOCH_STALE', details: { highestEpoch: '7' } });
    expect((await rpc.startPhase({ ...request, runId: 'run_next', epoch: 8 })).run).toMatchObject({ runId: 'run_next' });
    await rpc.cancel({ runId: '', migrationId: 'mig_late', epoch: 8 });
    await expect(rpc.getRun({ runId: 'run_next' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('runs a phase; starting it again answers with the same run, and an older epoch is refused', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1' });
    const request: migratorV1.StartPhaseRequest = {
      ...{ runId: 'run_1', migrationId: 'mig_1', workspaceId: 'ws', epoch: 2, phase: Phase.PHASE_FULL, round: 1, sourceFrozen: false },
      ...{ source: proto(source), target: proto(target), scope, limits: undefined, sharedLimits: [], limitsVersion: 0, priority: 0 },
    };
    expect((await rpc.startPhase(request)).run).toMatchObject({ runId: 'run_1', status: Status.STATUS_RUNNING });
    expect((await rpc.startPhase(request)).run).toMatchObject({ runId: 'run_1' });
    await expect(rpc.startPhase({ ...request, runId: 'run_0', epoch: 1 })).rejects.toMatchObject({ code: 'RUN_EPOCH_STALE' });
    await expect(rpc.startPhase({ ...request, runId: 'run_3', epoch: 3, phase: Phase.PHASE_DONE })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      fields: [{ field: 'phase' }],
    });
    const malformed = { kind: { $case: 'storage' as const, value: commonV1.StorageScope.fromPartial({ include: ['a', '['] }) } };
    await expect(rpc.startPhase({ ...request, runId: 'run_4', epoch: 4, scope: malformed })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      fields: [{ field: 'scope.storage.include.1' }],
    });
    let run = (await rpc.getRun({ runId: 'run_1' })).run;
    while (run?.status === Status.STATUS_RUNNING) run = (await rpc.getRun({ runId: 'run_1' })).run;
    expect(run).toMatchObject({ status: Status.STATUS_SUCCEEDED, ledger: { copiedObjects: 1 }, error: undefined });
    await expect(rpc.getRun({ runId: 'run_unknown' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND', kind: 'not-found' });
  });
});

describe('ResolvedSecrets', () => {
  const endpoint = { id: 'ep', workspaceId: 'ws', location: { kind: 's3' } } as Endpoint;
  const { signal } = new AbortController();

  it('asks once for many callers, keeps the answer as long as it may, and asks again when told to forget', async () => {
    let asked = 0;
    const clock = { nowMs: () => now };
    let now = 0;
    const value = { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: '' };
    const clientCertificate = { certificatePem: 'cert', privateKeyPem: 'key' };
    const network = { ways: [{ password: 'pw', privateKeyPem: '', passphrase: '' }], clientCertificate };
    const resolve = async (): Promise<credentialV1.ResolveResponse> => {
      asked += 1;
      return { secret: { $case: 's3', value }, ttlSeconds: 60, network };
    };
    const secrets = new ResolvedSecrets({ resolve }, storageSecrets, clock);
    const access = { runId: 'r', epoch: 1 };
    const answers = await Promise.all([1, 2, 3].map(() => secrets.resolve(access, endpoint, signal)));
    expect(answers[0]).toEqual({
      kind: 's3',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      network: { ways: [{ password: 'pw' }], clientCertificate },
    });
    expect(asked).toBe(1);
    // Later it is asked for anew while the old one is still good.
    now = 39_000;
    await secrets.resolve(access, endpoint, signal);
    expect(asked).toBe(1);
    now = 61_000;
    await secrets.resolve(access, endpoint, signal);
    secrets.forget(access, endpoint);
    await secrets.resolve(access, endpoint, signal);
    expect(asked).toBe(3);
  });

  it('does not keep a refusal', async () => {
    let asked = 0;
    const resolve = async (): Promise<credentialV1.ResolveResponse> => {
      asked += 1;
      if (asked === 1) throw new Error('refused');
      return { secret: { $case: 'none', value: {} }, ttlSeconds: 60, network: undefined };
    };
    const secrets = new ResolvedSecrets({ resolve }, storageSecrets);
    await expect(secrets.resolve({ runId: 'r', epoch: 1 }, endpoint, signal)).rejects.toThrow('refused');
    expect(await secrets.resolve({ runId: 'r', epoch: 1 }, endpoint, signal)).toEqual({ kind: 'none' });
  });
});
