import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { commonV1, migratorV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { MigratorModule } from '@smartant/runs/adapters';
import { freePort } from '@smartant/test-servers';
import { migratorWire } from './adapters/grpc/migrator-wire';
import { transcriptCalls } from './adapters/grpc/transcript-calls';
import type { Endpoint } from './domain/run';
import { MigratorRig, type TestMigration } from './testkit/migrator-rig';

const { Phase, Status } = commonV1;

describe('MigratorService over gRPC', () => {
  let rig: MigratorRig;
  let app: INestApplication;
  let rpc: RpcClient<typeof migratorV1.MigratorServiceClient.service>;

  beforeAll(async () => {
    rig = await MigratorRig.start();
    const url = `127.0.0.1:${await freePort()}`;
    const migrator = rig.process();
    const calls = { ...migrator, transcript: transcriptCalls(migrator.transcripts), wire: migratorWire };
    app = await NestFactory.create(MigratorModule.with(calls), { logger: false, abortOnError: false });
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
  const proto = ({ id, location }: Endpoint, change: Partial<commonV1.SshLocation> = {}): commonV1.Endpoint => {
    if (location.kind !== 'ssh') throw new Error('a test host is reached by ssh');
    const { host, port, user, hostKeys } = location;
    const value = commonV1.SshLocation.fromPartial({ host, port, user, hostKeys, ...change });
    return { id, workspaceId: 'ws', location: { $case: 'ssh', value } };
  };
  const scope = (change: Partial<commonV1.HostScope> = {}): commonV1.Scope => ({
    kind: {
      $case: 'host',
      value: commonV1.HostScope.fromPartial({
        confirmedDisks: ['DISK1'],
        stopServices: ['shop'],
        probes: [{ kind: { $case: 'ssh', value: {} }, timeoutMs: 1_000 }],
        quarantineCap: 10,
        ...change,
      }),
    },
  });
  const order = (migration: TestMigration, phase: commonV1.Phase, change: Partial<migratorV1.StartPhaseRequest> = {}) => {
    migration.epoch += 1;
    return migratorV1.StartPhaseRequest.fromPartial({
      runId: `run_${migration.id}_${migration.epoch}`,
      migrationId: migration.id,
      workspaceId: 'ws',
      epoch: migration.epoch,
      phase,
      source: proto(migration.source),
      target: proto(migration.target),
      scope: scope(),
      round: 1,
      ...change,
    });
  };
  const ended = async (request: migratorV1.StartPhaseRequest): Promise<migratorV1.Run> => {
    await rpc.startPhase(request);
    for (const deadline = performance.now() + 30_000; ;) {
      const { run } = await rpc.getRun({ runId: request.runId });
      if (run && run.status !== Status.STATUS_RUNNING) return run;
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(run)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('probes, browses, estimates and prechecks', async () => {
    const { source, target } = rig.migration();
    expect(await rpc.probe({ endpoint: proto(source), access })).toMatchObject({ reachable: true, abilities: ['tar', 'zstd'] });
    expect(await rpc.probe({ endpoint: proto(source, { host: 'none' }), access })).toMatchObject({
      reachable: false,
      findings: [{ code: 'HOST_UNREACHABLE' }],
    });
    const look = (path: string) => rpc.discover({ endpoint: proto(source), access, path, pageSize: 10, pageToken: '' });
    expect((await look('')).items).toEqual([{ path: '/', kind: 'filesystem', sizeBytes: 27 }]);
    expect((await look('/')).items).toEqual([{ path: '/srv', kind: 'directory', sizeBytes: 27 }]);
    expect(await rpc.estimate({ source: proto(source), scope: scope(), access })).toEqual({ objects: 0, bytes: 27, complete: false });
    const both = { source: proto(source), target: proto(target), scope: scope(), access };
    expect(await rpc.precheck(both)).toMatchObject({
      findings: [],
      estimate: { objects: 3, bytes: 27, complete: true },
      inventory: { hostname: 'web-01', disks: [{ serial: 'SRC1', sizeBytes: 2 ** 30 }] },
      layout: { boot: 'bios', disks: [{ disk: 'DISK1', partitions: [{ content: { kind: 'filesystem', mounts: [{ mount: '/' }] } }] }] },
    });
    expect(await rpc.precheck({ ...both, scope: scope({ confirmedDisks: [] }) })).toMatchObject({
      findings: [{ code: 'HOST_DISK_NOT_CONFIRMED', severity: commonV1.Finding_Severity.SEVERITY_BLOCKER }],
    });
    expect(await rpc.precheck({ ...both, target: proto(target, { host: 'none' }) })).toMatchObject({
      findings: [{ code: 'HOST_UNREACHABLE', severity: commonV1.Finding_Severity.SEVERITY_BLOCKER }],
      inventory: undefined,
    });
  });

  it('runs phases and shows what became of them, with the commands that it ran', async () => {
    const migration = rig.migration();
    expect(await ended(order(migration, Phase.PHASE_FULL))).toMatchObject({
      status: Status.STATUS_SUCCEEDED,
      ledger: { copiedFiles: 3, copiedBytes: 27 },
      prediction: { files: 0, bytes: 0, seconds: 1 },
    });
    expect(await ended(order(migration, Phase.PHASE_REHEARSAL))).toMatchObject({
      phase: Phase.PHASE_REHEARSAL,
      status: Status.STATUS_SUCCEEDED,
      boot: { answeredAfterMs: 5, probes: [{ probe: 'ssh', passed: true, detail: 'answered' }] },
    });
    const run = await ended(order(migration, Phase.PHASE_CUTOVER));
    expect(run).toMatchObject({
      status: Status.STATUS_SUCCEEDED,
      verification: { equal: true, sourceFrozen: true, sourceObjects: 3, targetObjects: 3, database: undefined },
      boot: { console: 'login:' },
    });
    expect(Date.parse(run.openedAt)).toBeGreaterThanOrEqual(Date.parse(run.frozenAt));
    const { entries, omitted } = await rpc.listTranscript({ migrationId: migration.id, runId: run.runId, pageSize: 2, pageToken: '' });
    expect(entries).toMatchObject([{ host: 'source', command: 'true # freeze', exitCode: 0, runId: run.runId }, { host: 'target' }]);
    expect(omitted).toBe(0);
  });

  it('takes a layout as it was asked for', async () => {
    const migration = rig.migration();
    const layout = { boot: 'uefi', disks: [], volumeGroups: [], excluded: ['/var/cache'] };
    const both = { source: proto(migration.source), target: proto(migration.target), access };
    expect(await rpc.precheck({ ...both, scope: scope({ layout }) })).toMatchObject({ layout });
  });

  it.each<[string, Partial<migratorV1.StartPhaseRequest> | ((migration: TestMigration) => Partial<migratorV1.StartPhaseRequest>)]>([
    ['phase', { phase: Phase.PHASE_DONE }],
    ['scope.host', { scope: { kind: { $case: 'storage', value: commonV1.StorageScope.fromPartial({}) } } }],
    ['source.location', { source: { id: 'e', workspaceId: 'ws', location: { $case: 'file', value: { rootPath: '/', path: '' } } } }],
    ['target.port', ({ target }) => ({ target: proto(target, { port: 0 }) })],
    ['source.host', ({ source }) => ({ source: proto(source, { host: '' }) })],
    ['source.become', ({ source }) => ({ source: proto(source, { become: 7 as commonV1.Become }) })],
    [
      'target.path',
      { target: { id: 'e', workspaceId: 'ws', location: { $case: 'image', value: { rootPath: '/srv', path: '../x', format: 2 } } } },
    ],
    ['scope.host.exclude.1', { scope: scope({ exclude: ['/tmp/**', '['] }) }],
    ['scope.host.engine', { scope: scope({ engine: 9 as commonV1.HostEngine }) }],
    ['scope.host.layout.boot', { scope: scope({ layout: { boot: 'coreboot', disks: [], volumeGroups: [], excluded: [] } }) }],
    ['scope.host.probes.0', { scope: scope({ probes: [{ kind: undefined, timeoutMs: 1 }] }) }],
    ['scope.host.streams', { scope: scope({ streams: 65 }) }],
  ])('refuses a run whose %s is wrong, naming it', async (field, change) => {
    const migration = rig.migration();
    const request = order(migration, Phase.PHASE_FULL, typeof change === 'function' ? change(migration) : change);
    await expect(rpc.startPhase(request)).rejects.toMatchObject({ code: 'REQUEST_INVALID', fields: [{ field }] });
  });
});
