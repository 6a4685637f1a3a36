import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { commonV1, migratorV1 } from '@smartant/contracts';
import { createRpcClient, startGrpcServer, type RpcClient } from '@smartant/platform/grpc';
import { MigratorModule, type MigratorCalls } from '@smartant/runs/adapters';
import { freePort } from '@smartant/test-servers';
import { checkCalls } from './adapters/grpc/check-calls';
import { migratorWire } from './adapters/grpc/migrator-wire';
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
    app = await NestFactory.create(MigratorModule.with(callsOf(rig.process())), { logger: false, abortOnError: false });
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
  const proto = ({ id, location }: Endpoint, change: Partial<commonV1.PostgresLocation> = {}): commonV1.Endpoint => {
    const { host, port, database, user } = location;
    const value = commonV1.PostgresLocation.fromPartial({
      host,
      port,
      database,
      user,
      tlsMode: commonV1.TlsMode.TLS_MODE_DISABLE,
      ...change,
    });
    return { id, workspaceId: 'ws', location: { $case: 'postgres', value } };
  };
  const scope = (change: Partial<commonV1.DatabaseScope> = {}): commonV1.Scope => ({
    kind: { $case: 'database', value: commonV1.DatabaseScope.fromPartial({ quarantineCap: 10, reverse: true, ...change }) },
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
  const until = async (runId: string, condition: (run: migratorV1.Run) => boolean): Promise<migratorV1.Run> => {
    for (const deadline = performance.now() + 30_000; ;) {
      const { run } = await rpc.getRun({ runId });
      if (run && condition(run)) return run;
      if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(run)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ended = (runId: string) => until(runId, ({ status }) => status !== Status.STATUS_RUNNING);

  it('probes, browses, estimates and prechecks', async () => {
    const { source, target, from } = rig.migration();
    from.write('other.t', 'k', '12345');
    expect(await rpc.probe({ endpoint: proto(source), access })).toMatchObject({ reachable: true, abilities: ['logical-decoding'] });
    expect(await rpc.probe({ endpoint: proto(source, { database: 'none' }), access })).toMatchObject({
      reachable: false,
      findings: [{ code: 'DATABASE_NOT_FOUND' }],
    });
    const look = (path: string, pageSize: number, pageToken = '') =>
      rpc.discover({ endpoint: proto(source), access, path, pageSize, pageToken });
    expect((await look('', 0)).items.map(({ path }) => path)).toEqual(['other', 'public']);
    const page = await look('public', 2);
    expect(page.items).toEqual([
      { path: 'public.t1', kind: 'table', sizeBytes: 7 },
      { path: 'public.t2', kind: 'table', sizeBytes: 14 },
    ]);
    expect((await look('public', 2, page.nextPageToken)).items.map(({ path }) => path)).toEqual(['public.t3']);
    const estimate = (change: Partial<commonV1.DatabaseScope>) => rpc.estimate({ source: proto(source), scope: scope(change), access });
    expect(await estimate({})).toEqual({ objects: 4, bytes: 47, complete: true });
    expect(await estimate({ includeTables: ['other.*', '*.t1'], excludeSchemas: ['other'] })).toEqual({
      objects: 1,
      bytes: 7,
      complete: true,
    });
    const both = { source: proto(source), target: proto(target), scope: scope(), access };
    expect(await rpc.precheck(both)).toEqual({ findings: [], estimate: { objects: 4, bytes: 47, complete: true } });
    expect(await rpc.precheck({ ...both, target: proto(source) })).toMatchObject({ findings: [{ code: 'TARGET_NOT_EMPTY' }] });
    expect(await rpc.precheck({ ...both, target: proto(target, { database: 'none' }) })).toMatchObject({
      findings: [{ code: 'DATABASE_NOT_FOUND', severity: commonV1.Finding_Severity.SEVERITY_BLOCKER }],
    });
  });

  it('runs phases and shows what became of them', async () => {
    const migration = rig.migration();
    const request = order(migration, Phase.PHASE_FULL);
    await rpc.startPhase(request);
    await rpc.startPhase(request);
    const full = await ended(request.runId);
    expect(full).toMatchObject({ status: Status.STATUS_SUCCEEDED, ledger: { copiedTables: 3, copiedRows: 6, copiedBytes: 42 } });
    const stream = order(migration, Phase.PHASE_INCREMENTAL);
    await rpc.startPhase(stream);
    migration.from.write('public.t1', 'a', '1');
    await until(stream.runId, (run) => run.stream?.appliedPosition === '7');
    expect((await rpc.pause({ runId: stream.runId })).run?.status).toBe(Status.STATUS_PAUSED);
    expect((await rpc.resume({ runId: stream.runId })).run?.status).toBe(Status.STATUS_RUNNING);
    const cutover = order(migration, Phase.PHASE_CUTOVER);
    await rpc.startPhase(cutover);
    const run = await ended(cutover.runId);
    expect(run).toMatchObject({
      phase: Phase.PHASE_CUTOVER,
      status: Status.STATUS_SUCCEEDED,
      verification: { equal: true, sourceFrozen: true, sourceObjects: 7, database: { sourceRows: 7, tables: 3, frozenPosition: '7' } },
    });
    expect(Date.parse(run.openedAt)).toBeGreaterThanOrEqual(Date.parse(run.frozenAt));
    const finalize = order(migration, Phase.PHASE_FINALIZE);
    await rpc.startPhase(finalize);
    expect((await ended(finalize.runId)).status).toBe(Status.STATUS_SUCCEEDED);
  });

  it.each<[string, Partial<migratorV1.StartPhaseRequest> | ((migration: TestMigration) => Partial<migratorV1.StartPhaseRequest>)]>([
    ['phase', { phase: Phase.PHASE_DONE }],
    ['scope.database', { scope: { kind: { $case: 'storage', value: commonV1.StorageScope.fromPartial({}) } } }],
    ['source.location', { source: { id: 'e', workspaceId: 'ws', location: { $case: 'file', value: { rootPath: '/', path: '' } } } }],
    ['target.port', ({ target }) => ({ target: proto(target, { port: 0 }) })],
    ['target.tls_mode', ({ target }) => ({ target: proto(target, { tlsMode: commonV1.TlsMode.TLS_MODE_UNSPECIFIED }) })],
    ['source.host', ({ source }) => ({ source: proto(source, { host: '' }) })],
    ['scope.database.include_tables.1', { scope: scope({ includeTables: ['public.*', '['] }) }],
    ['scope.database.rows.0', { scope: scope({ rows: [{ table: 'public.t1', where: ' ' }] }) }],
    [
      'scope.database.renames.1',
      {
        scope: scope({
          renames: [
            { from: 'a', to: 'b' },
            { from: 'a', to: 'c' },
          ],
        }),
      },
    ],
    ['scope.database.tablespaces.0', { scope: scope({ tablespaces: [{ from: 'a', to: '' }] }) }],
    ['scope.database.columns.0', { scope: scope({ columns: [{ table: 'public.t1', exclude: [''], renames: [] }] }) }],
    ['scope.database.table_jobs', { scope: scope({ tableJobs: 65 }) }],
    ['scope.database.mode', { scope: scope({ mode: 9 as commonV1.DatabaseMode }) }],
  ])('refuses a run whose %s is wrong, naming it', async (field, change) => {
    const migration = rig.migration();
    const request = order(migration, Phase.PHASE_FULL, typeof change === 'function' ? change(migration) : change);
    await expect(rpc.startPhase(request)).rejects.toMatchObject({ code: 'REQUEST_INVALID', fields: [{ field }] });
  });
});

function callsOf({ runs, probing, failures, shards, checks }: ReturnType<MigratorRig['process']>): MigratorCalls {
  return { runs, probing, failures, shards, checks: checkCalls(checks), wire: migratorWire };
}
