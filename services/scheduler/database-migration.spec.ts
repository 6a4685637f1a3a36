import { commonV1, type migratorV1 } from '@smartant/contracts';
import { atRest, CANARY, databaseInput, eventually, inState, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';
import type { Action } from './domain/migration/phase';

const { Phase, Status } = commonV1;

/** Migrations of databases against a scripted db-migrator: what it is told, in which order, and what is made of its answers. */
let rig: Rig;
let core: SchedulerCore;

const STREAM: migratorV1.StreamState = {
  appliedPosition: '0/16B3748',
  sourcePosition: '0/16B3900',
  lagBytes: 440,
  lagMs: 30,
  retainedBytes: 4_096,
  fullAt: '',
  syncingTables: 0,
  comparisonsWait: false,
  definitionDifferenceCount: 0,
  definitionDifferences: [],
};
const FROZEN_AT = '2026-01-01T00:00:00.000Z';
const OPENED_AT = '2026-01-01T00:00:02.500Z';

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started();
  const { databaseMigrator } = rig;
  // Streams go on until a run with a higher epoch takes over.
  databaseMigrator.held.add(Phase.PHASE_INCREMENTAL).add(Phase.PHASE_REVERSIBLE);
  databaseMigrator.telling = () => ({ stream: STREAM });
  databaseMigrator.ending = (run) => (run.phase === Phase.PHASE_CUTOVER ? { frozenAt: FROZEN_AT, openedAt: OPENED_AT } : {});
});
afterEach(() => rig.close());

const create = async (...input: Parameters<typeof databaseInput>) =>
  (await core.useCases.migrations.create(operator, databaseInput(...input), undefined)).id;
const act = (id: string, action: Action) => core.useCases.migrations.act(operator, id, action, {});
const phasesStarted = () => rig.databaseMigrator.starts.map(({ phase }) => commonV1.phaseToJSON(phase).replace('PHASE_', '').toLowerCase());
const failure = (unit: string): migratorV1.Failure => ({
  id: `flr_${unit}`,
  runId: '',
  unit,
  code: 'X',
  message: 'm',
  attempts: 1,
  traceId: '',
  firstFailedAt: '',
  lastFailedAt: '',
  state: 'open',
});
const streaming = (id: string) => until(core, id, (m) => m.phase === 'incremental' && m.stream !== null);
const streamingBack = (id: string) => until(core, id, inState('reversible', 'running'));

it('streams until the cutover takes over, streams back, and is finalized by a run', async () => {
  const id = await create({ includeSchemas: ['public'], rows: [{ table: 'public.orders', where: 'id > 7' }] });
  expect(await streaming(id)).toMatchObject({ status: 'running', stream: { lagMs: 30, retainedBytes: 4_096, fullAt: null }, round: 0 });
  await act(id, 'cutover');
  const reversible = await streamingBack(id);
  expect(reversible).toMatchObject({ frozenAt: FROZEN_AT, openedAt: OPENED_AT, verification: { database: { sourceRows: 7 } } });
  await act(id, 'finalize');
  expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded' });
  expect(phasesStarted()).toEqual(['prepare', 'full', 'incremental', 'cutover', 'reversible', 'finalize']);
  const epochs = rig.databaseMigrator.starts.map(({ epoch }) => epoch);
  expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  expect(rig.databaseMigrator.starts[0]).toMatchObject({
    source: {
      location: { $case: 'postgres', value: { host: 'old.example.com', user: 'mover', tlsMode: commonV1.TlsMode.TLS_MODE_VERIFY_FULL } },
    },
    scope: {
      kind: {
        $case: 'database',
        value: { includeSchemas: ['public'], reverse: true, rows: [{ table: 'public.orders', where: 'id > 7' }] },
      },
    },
  });
  // Nobody else was asked, and nobody was told a secret.
  expect(rig.migrator.calls).toEqual([]);
  expect(JSON.stringify(rig.databaseMigrator.starts) + rig.logLines.join('')).not.toContain(CANARY);
});

it('is rolled back by a run, and ends as cancelled with a report', async () => {
  const id = await create();
  await streaming(id);
  await act(id, 'cutover');
  await streamingBack(id);
  await act(id, 'rollback');
  const ended = await atRest(core, id);
  expect(ended).toMatchObject({ phase: 'done', status: 'cancelled', findings: [{ code: 'ROLLED_BACK' }] });
  expect(phasesStarted().at(-1)).toBe('rollback');
  expect(await core.useCases.migrations.report(operator, id)).toMatchObject({ payloadType: 'application/vnd.in-toto+json' });
});

it('changes its tables under a new run, and tries again what was put aside', async () => {
  const id = await create({ includeTables: ['shop.a'] });
  await streaming(id);
  rig.databaseMigrator.failures.push(failure('shop.a'), failure('shop.b'));
  const stale = core.useCases.migrations.changeTables(operator, id, { add: [], drop: [], resync: ['shop.a'] }, { expectedVersion: 0 });
  await expect(stale).rejects.toMatchObject({ code: 'MIGRATION_VERSION_MISMATCH' });
  expect(rig.databaseMigrator.resolved).toEqual([]);
  await core.useCases.migrations.changeTables(operator, id, { add: ['shop.c'], drop: [], resync: ['shop.a'] });
  await eventually(() => phasesStarted().filter((phase) => phase === 'incremental').length === 2);
  const { epoch, scope } = rig.databaseMigrator.starts.at(-1)!;
  expect(epoch).toBe(5);
  expect(scope?.kind?.value).toMatchObject({
    includeTables: ['shop.a', 'shop.c'],
    resyncs: [{ table: 'shop.a', request: expect.any(Number) }],
  });
  expect(rig.databaseMigrator.resolved).toMatchObject([{ failureIds: ['flr_shop.a'], reason: '' }]);
  await core.useCases.migrations.resolveFailures(operator, id, { failureIds: [], resolution: 'retry', reason: '' });
  await eventually(() => phasesStarted().filter((phase) => phase === 'incremental').length === 3);
  await streaming(id);
  await act(id, 'cutover');
  await streamingBack(id);
  await expect(core.useCases.migrations.changeTables(operator, id, { add: ['shop.d'], drop: [], resync: [] })).rejects.toMatchObject({
    code: 'MIGRATION_ACTION_NOT_ALLOWED',
  });
});

it('runs what sets findings right and prechecks again, on the record with each statement', async () => {
  const statements = ['ALTER TABLE shop.a REPLICA IDENTITY FULL'];
  const blocker = { severity: commonV1.Finding_Severity.SEVERITY_BLOCKER, message: 'm', hint: 'h', subject: 'source' };
  rig.databaseMigrator.findings = [
    { ...blocker, code: 'DATABASE_TABLE_WITHOUT_KEY', fix: { statements, isSafe: true, needsRestart: false } },
    { ...blocker, code: 'DATABASE_WAL_LEVEL', fix: { statements: ['ALTER SYSTEM'], isSafe: false, needsRestart: true } },
  ];
  const id = await create();
  expect((await until(core, id, inState('precheck', 'failed'))).findings).toMatchObject([{ fix: { statements, isSafe: true } }, {}]);
  const wanted = { codes: [], includeUnsafe: false };
  const { applied, migration } = await core.useCases.migrations.applyFixes(operator, id, wanted);
  expect(applied).toEqual([{ code: 'DATABASE_TABLE_WITHOUT_KEY', subject: 'source', statements, needsRestart: false, error: null }]);
  expect(migration).toMatchObject({ phase: 'precheck', status: 'pending' });
  const again = await until(core, id, (m) => m.status === 'failed' && m.findings.length === 1);
  expect(again.findings).toMatchObject([{ code: 'DATABASE_WAL_LEVEL' }]);
  await expect(core.useCases.migrations.applyFixes({ ...operator, role: 'viewer' }, id, wanted)).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await core.useCases.migrations.applyFixes(operator, id, { codes: ['DATABASE_WAL_LEVEL'], includeUnsafe: true });
  await streaming(id);
});

it('sets findings right before there is a migration, and leaves none behind', async () => {
  const statements = ['ALTER TABLE shop.a REPLICA IDENTITY FULL'];
  const finding = { severity: commonV1.Finding_Severity.SEVERITY_BLOCKER, message: 'm', hint: 'h', subject: 'source' };
  rig.databaseMigrator.findings = [
    { ...finding, code: 'DATABASE_TABLE_WITHOUT_KEY', fix: { statements, isSafe: true, needsRestart: false } },
  ];
  const { migrations } = core.useCases;
  const wanted = { codes: ['DATABASE_TABLE_WITHOUT_KEY'], includeUnsafe: false };
  await expect(migrations.fix({ ...operator, role: 'viewer' }, databaseInput(), wanted)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await migrations.fix(operator, databaseInput(), wanted)).toEqual([
    { code: 'DATABASE_TABLE_WITHOUT_KEY', subject: 'source', statements, needsRestart: false, error: null },
  ]);
  expect((await migrations.validate(operator, databaseInput())).findings).toEqual([]);
  expect((await migrations.list(operator, {})).items).toEqual([]);
});

it('leaves what was waived on the record as it is', async () => {
  const id = await create();
  await streaming(id);
  rig.databaseMigrator.failures.push({ ...failure('shop.a'), state: 'waived' });
  await expect(core.useCases.migrations.changeTables(operator, id, { add: [], drop: [], resync: ['shop.a'] })).rejects.toMatchObject({
    code: 'FAILURE_WAIVED',
  });
});

it('waits for its user without a stream back, where none is wanted', async () => {
  const id = await create({ reverse: false });
  await streaming(id);
  await act(id, 'cutover');
  await until(core, id, inState('reversible', 'waiting'));
  await act(id, 'rollback');
  await atRest(core, id);
  expect(phasesStarted().slice(-2)).toEqual(['cutover', 'rollback']);
});

it('refuses a cutover while rows are copied, and says why', async () => {
  rig.databaseMigrator.held.add(Phase.PHASE_FULL);
  const id = await create();
  await until(core, id, inState('full', 'running'));
  await expect(act(id, 'cutover')).rejects.toMatchObject({
    code: 'MIGRATION_CUTOVER_TOO_EARLY',
    kind: 'precondition',
    hint: expect.stringContaining('phase "full" is done'),
  });
});

it('copies a snapshot, and takes over when it is asked to', async () => {
  const id = await create({ mode: 'snapshot' });
  const waiting = await until(core, id, inState('full', 'waiting'));
  expect(waiting).toMatchObject({ waitingFor: { reason: 'cutover', until: null }, spec: { database: { reverse: false } } });
  await act(id, 'cutover');
  await until(core, id, inState('reversible', 'waiting'));
  await act(id, 'finalize');
  await atRest(core, id);
  expect(phasesStarted()).toEqual(['prepare', 'full', 'cutover', 'finalize']);
});

it('cuts over by itself once the stream has kept close for some seconds, and not while it lags', async () => {
  rig.databaseMigrator.telling = () => ({ stream: { ...STREAM, lagMs: 90_000 } });
  const id = await create({}, { mode: 'automatic', finalize: 'automatic' });
  await streaming(id);
  const looks = rig.databaseMigrator.countOf('GetRun');
  await eventually(() => rig.databaseMigrator.countOf('GetRun') > looks + 2);
  expect(await core.useCases.migrations.get(operator, id)).toMatchObject({ phase: 'incremental' });
  rig.databaseMigrator.telling = () => ({ stream: STREAM });
  expect(await atRest(core, id)).toMatchObject({ phase: 'done', status: 'succeeded' });
  expect(phasesStarted()).toEqual(['prepare', 'full', 'incremental', 'cutover', 'finalize']);
}, 30_000);

it('releases the source when a cutover that failed is cancelled', async () => {
  const error = { code: 'DATABASE_WRITERS_LEFT', message: 'm', hint: 'h', retryable: false };
  rig.databaseMigrator.ending = (run) =>
    run.phase === Phase.PHASE_CUTOVER ? { status: Status.STATUS_FAILED, error, verification: undefined, frozenAt: FROZEN_AT } : {};
  const id = await create();
  await streaming(id);
  await act(id, 'cutover');
  expect(await until(core, id, inState('cutover', 'failed'))).toMatchObject({
    error: { code: 'DATABASE_WRITERS_LEFT' },
    frozenAt: null,
    openedAt: null,
  });
  await act(id, 'cancel');
  expect(await atRest(core, id)).toMatchObject({ phase: 'cutover', status: 'cancelled' });
  expect(rig.databaseMigrator.forgotten).toContain(id);
});

it('lets a cutover stand that had opened the target before it could be cancelled', async () => {
  rig.databaseMigrator.held.add(Phase.PHASE_CUTOVER);
  const id = await create();
  await streaming(id);
  await act(id, 'cutover');
  const { runId } = await until(core, id, inState('cutover', 'running'));
  let arrived = () => undefined as void;
  rig.databaseMigrator.gates.set('Cancel', new Promise((resolve) => (arrived = resolve)));
  await act(id, 'cancel');
  await eventually(() => rig.databaseMigrator.countOf('Cancel') > 0);
  // The last stage is through at this very moment.
  rig.databaseMigrator.held.delete(Phase.PHASE_CUTOVER);
  rig.databaseMigrator.look(runId ?? '');
  arrived();
  expect(await streamingBack(id)).toMatchObject({ findings: [{ code: 'CANCELLED_TOO_LATE' }] });
  expect(rig.databaseMigrator.forgotten).toEqual([]);
});

it('pauses and resumes a stream', async () => {
  const id = await create();
  await streaming(id);
  await act(id, 'pause');
  await eventually(() => rig.databaseMigrator.countOf('Pause') > 0);
  expect(await core.useCases.migrations.get(operator, id)).toMatchObject({ phase: 'incremental', status: 'paused' });
  await act(id, 'resume');
  await eventually(() => rig.databaseMigrator.countOf('Resume') > 0);
  await until(core, id, inState('incremental', 'running'));
});

it('refuses a database where no db-migrator is configured', async () => {
  const without = await rig.started({ databaseMigrator: undefined });
  await expect(without.useCases.migrations.create(operator, databaseInput(), undefined)).rejects.toMatchObject({
    code: 'MIGRATOR_NOT_CONFIGURED',
    kind: 'precondition',
    hint: expect.stringContaining('SMARTANT_DB_MIGRATOR_ADDRESS'),
  });
});

it('gives the password to db-migrator alone', async () => {
  const id = await create();
  const { runId, epoch, spec } = await streaming(id);
  const request = { runId: runId!, epoch, endpointId: spec.sourceEndpointId };
  const { secret } = await core.credentials.resolve({ ...request, caller: 'db-migrator' });
  expect(secret).toEqual({ kind: 'password', password: CANARY });
  for (const caller of ['storage-migrator', 'host-migrator']) {
    await expect(core.credentials.resolve({ ...request, caller })).rejects.toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN' });
  }
});

describe('what is asked beside a stream', () => {
  const askedOf = (id: string) =>
    core.database.query<{ action: string }>(
      `SELECT entry ->> 'action' AS action FROM audit_pending WHERE entry -> 'target' ->> 'id' = $1 UNION ALL SELECT action FROM audit_entry WHERE target = $1`,
      [id],
    );

  it('is kept at the migrator, once for each request, and on the record', async () => {
    const id = await create();
    await streaming(id);
    const { migrations } = core.useCases;
    const input = { kind: 'repair' as const, tables: ['public.orders'] };
    const first = await migrations.check(operator, id, input, 'request-1');
    expect(first).toMatchObject({ kind: 'repair', tables: ['public.orders'], state: 'asked', result: null });
    expect((await migrations.check(operator, id, input, 'request-1')).id).toBe(first.id);
    expect((await migrations.check(operator, id, { kind: 'verify', tables: [] }, undefined)).id).not.toBe(first.id);
    expect((await migrations.checks(operator, id)).map(({ kind }) => kind).sort()).toEqual(['repair', 'verify']);
    const facts = (await askedOf(id)).map(({ action }) => action);
    expect(facts.filter((action) => action === 'migration.repair')).toHaveLength(1);
    expect(facts).toContain('migration.verify');
  });

  it('is refused where none goes on, and to who may only look', async () => {
    const id = await create();
    await streaming(id);
    const ask = (caller = operator) => core.useCases.migrations.check(caller, id, { kind: 'verify', tables: [] }, undefined);
    await expect(ask({ ...operator, role: 'viewer' })).rejects.toMatchObject({ kind: 'forbidden' });
    await act(id, 'pause');
    await expect(ask()).rejects.toMatchObject({
      code: 'MIGRATION_CHECK_NOT_ALLOWED',
      kind: 'precondition',
      hint: expect.stringContaining('Resume it'),
    });
    await act(id, 'resume');
    await streaming(id);
    expect(await ask()).toMatchObject({ kind: 'verify' });
  });

  it('can be asked for after a cutover that failed, once changes are streamed again', async () => {
    const id = await create();
    await streaming(id);
    const { databaseMigrator } = rig;
    const different = { code: 'DATABASE_BUSY', message: 'm', hint: 'h', retryable: false };
    const { ending } = databaseMigrator;
    databaseMigrator.ending = (run) =>
      run.phase === Phase.PHASE_CUTOVER ? { status: Status.STATUS_FAILED, error: different } : ending(run);
    await act(id, 'cutover');
    await until(core, id, inState('cutover', 'failed'));
    const ask = () => core.useCases.migrations.check(operator, id, { kind: 'repair', tables: [] }, undefined);
    await expect(ask()).rejects.toMatchObject({ code: 'MIGRATION_CHECK_NOT_ALLOWED', hint: expect.stringContaining('Resume it') });
    await act(id, 'resume');
    await streaming(id);
    expect(await ask()).toMatchObject({ kind: 'repair', state: 'asked' });
    databaseMigrator.ending = ending;
    await act(id, 'cutover');
    await streamingBack(id);
    expect(phasesStarted().slice(2)).toEqual(['incremental', 'cutover', 'incremental', 'cutover', 'reversible']);
  });
});
