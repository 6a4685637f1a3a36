import { commonV1 } from '@smartant/contracts';
import { verifyReport } from '@smartant/proof';
import type { MigrationFilter } from './application/use-cases';
import type { SchedulerCore } from './scheduler-core';
import { atRest, CANARY, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import { equalVerification } from './fixtures/scripted-migrator';

const { Phase, Status } = commonV1;

let rig: Rig;
let core: SchedulerCore;

beforeEach(async () => {
  rig = await Rig.open();
  core = await rig.started();
});
afterEach(() => rig.close());

const create = async (cutover = {}, requestId?: string) =>
  (await core.useCases.migrations.create(operator, migrationInput(cutover), requestId)).id;

describe('a migration', () => {
  it('runs from precheck to a signed report with no event from its migrator', async () => {
    const id = await create();
    const done = await until(core, id, inState('done', 'succeeded'));
    expect(rig.migrator.starts.map((start) => [start.phase, start.epoch])).toEqual([
      [Phase.PHASE_PREPARE, 2],
      [Phase.PHASE_FULL, 3],
      [Phase.PHASE_INCREMENTAL, 4],
      [Phase.PHASE_CUTOVER, 5],
    ]);
    expect(done.ledger.copiedObjects).toBe(5);
    expect(done.timings.every((timing) => timing.finishedAt !== undefined)).toBe(true);

    const [key] = await core.useCases.reportKeys.list();
    const { statement } = verifyReport(await core.useCases.migrations.report(operator, id), key!.publicKeyPem);
    expect(statement.predicate).toMatchObject({
      migration: { id },
      source: { description: 's3://source/ at http://127.0.0.1:9000' },
      verification: { equal: true },
      phases: expect.arrayContaining([expect.objectContaining({ phase: 'done', outcome: 'succeeded' })]),
    });
    expect(statement.predicate.downtime?.milliseconds).toBeGreaterThanOrEqual(0);
  });

  it('waits for the user where it was told to, and reports after the cutover already', async () => {
    const id = await create({ mode: 'manual', finalize: 'manual', sourceFrozen: false });
    await until(core, id, inState('incremental', 'waiting'));
    await expect(core.useCases.migrations.report(operator, id)).rejects.toMatchObject({ code: 'REPORT_NOT_READY' });
    await core.useCases.migrations.act(operator, id, 'cutover', { sourceFrozen: true });
    await until(core, id, inState('reversible', 'waiting'));
    expect(rig.migrator.starts.at(-1)?.sourceFrozen).toBe(true);
    await core.useCases.migrations.report(operator, id);
    await core.useCases.migrations.act(operator, id, 'rollback', {});
    const ended = await until(core, id, inState('done', 'cancelled'));
    expect(ended.findings.map((finding) => finding.code)).toContain('ROLLED_BACK');
  });

  it('stops at blockers', async () => {
    rig.migrator.findings = [
      {
        severity: commonV1.Finding_Severity.SEVERITY_BLOCKER,
        code: 'NO_WRITE',
        message: 'no write',
        hint: 'h',
        subject: 'target',
        fix: undefined,
      },
    ];
    const failed = await until(core, await create(), inState('precheck', 'failed'));
    expect(failed).toMatchObject({ error: { code: 'PRECHECK_BLOCKED' }, findings: [{ severity: 'blocker', code: 'NO_WRITE' }] });
  });

  it('fails an unequal verification, and goes on when a waiver explains it', async () => {
    let waived = 0;
    rig.migrator.ending = (run) =>
      run.phase === Phase.PHASE_CUTOVER
        ? { verification: { ...equalVerification(), equal: waived === 1, differenceCount: 1, waivedCount: waived } }
        : {};
    rig.migrator.failures = [
      {
        id: 'flr_1',
        runId: '',
        unit: 'bad\u0000key',
        code: 'X',
        message: 'm',
        attempts: 3,
        traceId: '',
        firstFailedAt: '',
        lastFailedAt: '',
        state: 'open',
      },
    ];
    const id = await create();
    expect(await until(core, id, inState('cutover', 'failed'))).toMatchObject({ error: { code: 'VERIFY_DIFFERENT' } });
    const waive = { failureIds: [], resolution: 'waive' as const, reason: '' };
    await expect(core.useCases.migrations.resolveFailures(operator, id, waive)).rejects.toMatchObject({ code: 'FAILURE_REASON_MISSING' });
    // The answer of the migrator, which has taken the waiver, is lost: whoever asked may never ask again.
    rig.migrator.losesResolutions = true;
    await expect(core.useCases.migrations.resolveFailures(operator, id, { ...waive, reason: 'not needed' })).rejects.toBeDefined();
    expect(rig.migrator.resolved.length).toBeGreaterThan(0);
    waived = 1;
    await core.useCases.migrations.act(operator, id, 'retry', {});
    await until(core, id, inState('done', 'succeeded'));
    const [key] = await core.useCases.reportKeys.list();
    const { statement } = verifyReport(await core.useCases.migrations.report(operator, id), key!.publicKeyPem);
    expect(statement.predicate.waivers).toMatchObject([{ unit: 'bad\u0000key', reason: 'not needed', actor: operator.userId }]);
  });
});

describe('control', () => {
  it('pauses, changes limits and resumes the same run', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const id = await create();
    const running = await until(core, id, inState('full', 'running'));
    await core.useCases.migrations.setLimits(operator, id, { bytesPerSecond: 1_000 });
    await eventually(() => rig.migrator.limits?.bytesPerSecond === 1_000);
    await core.useCases.migrations.act(operator, id, 'pause', {});
    await eventually(() => rig.migrator.runs.get(running.runId!)?.status === Status.STATUS_PAUSED);
    rig.migrator.held.clear();
    await core.useCases.migrations.act(operator, id, 'resume', {});
    await until(core, id, inState('done', 'succeeded'));
    expect(rig.migrator.starts.filter((start) => start.phase === Phase.PHASE_FULL).map((start) => start.runId)).toEqual([running.runId]);
  });

  it('refuses a change of limits on another version', async () => {
    const id = await create({ mode: 'manual' });
    const { version } = await until(core, id, inState('incremental', 'waiting'));
    const stale = core.useCases.migrations.setLimits(operator, id, {}, { expectedVersion: version - 1 });
    await expect(stale).rejects.toMatchObject({ code: 'MIGRATION_VERSION_MISMATCH', kind: 'conflict' });
    await core.useCases.migrations.setLimits(operator, id, { concurrency: 2 }, { expectedVersion: version });
  });

  it('cancels a precheck that hangs', async () => {
    rig.migrator.precheckGate = new Promise(() => undefined);
    const id = await create();
    await eventually(() => rig.migrator.countOf('Precheck') > 0);
    expect(await core.useCases.migrations.act(operator, id, 'cancel', {})).toMatchObject({ phase: 'precheck', status: 'cancelled' });
    await until(core, id, inState('precheck', 'cancelled'));
  });

  it('lets one of two racing actions win, and refuses the other with the states in which it is allowed', async () => {
    const id = await create({ mode: 'manual', finalize: 'manual' });
    await until(core, id, inState('incremental', 'waiting'));
    await core.useCases.migrations.act(operator, id, 'cutover', {});
    await until(core, id, inState('reversible', 'waiting'));
    const both = await Promise.allSettled([
      core.useCases.migrations.act(operator, id, 'finalize', {}),
      core.useCases.migrations.act(operator, id, 'rollback', {}),
    ]);
    expect(both.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find((result) => result.status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({
      code: 'MIGRATION_ACTION_NOT_ALLOWED',
      hint: expect.stringContaining('phase reversible with status waiting'),
    });
  });

  it('does an action of one request id once', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const id = await create();
    await until(core, id, inState('full', 'running'));
    const first = await core.useCases.migrations.act(operator, id, 'pause', { requestId: 'r-1' });
    expect(await core.useCases.migrations.act(operator, id, 'pause', { requestId: 'r-1' })).toMatchObject({
      status: 'paused',
      version: first.version,
    });
  });
});

describe('create', () => {
  it('is idempotent by request id, also for requests at the same time', async () => {
    rig.migrator.held.add(Phase.PHASE_PREPARE);
    const ids = await Promise.all([create({}, 'same'), create({}, 'same'), create({}, 'same')]);
    expect(new Set(ids).size).toBe(1);
    await expect(create({ mode: 'manual' }, 'same')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect((await core.useCases.migrations.list(operator, {})).items.map((migration) => migration.id)).toEqual([ids[0]]);
  });

  it('is listed by kind, status and a part of the name, all of which must hold', async () => {
    rig.migrator.held.add(Phase.PHASE_PREPARE);
    const { items } = await core.useCases.migrations.list(operator, { pageSize: 1 });
    const id = await create();
    const { name, status } = await core.useCases.migrations.get(operator, id);
    const listed = async (filter: MigrationFilter) => (await core.useCases.migrations.list(operator, filter)).items.map((one) => one.id);
    expect(items.map((one) => one.id)).not.toContain(id);
    expect(await listed({ kind: 'storage', name: name.slice(1).toUpperCase() })).toContain(id);
    expect(await listed({ kind: 'host' })).toEqual([]);
    expect(await listed({ kind: 'storage', status: 'cancelled' })).not.toContain(id);
    expect(await listed({ name: `${name}%` })).toEqual([]);
    expect(status).not.toBe('cancelled');
  });

  it('refuses overlaps, unknown endpoints and roots with the side and field, and keeps nothing', async () => {
    const input = migrationInput();
    const refuse = (over: object) => expect(core.useCases.migrations.create(operator, { ...input, ...over }, undefined)).rejects;
    await refuse({ target: input.source }).toMatchObject({ code: 'MIGRATION_SOURCE_IS_TARGET', fields: [{ field: 'target' }] });
    await refuse({ source: { endpoint: 'nope' } }).toMatchObject({ code: 'ENDPOINT_NOT_FOUND', fields: [{ field: 'source.endpoint' }] });
    const file = { location: { kind: 'file', root: 'nope', path: '' }, secret: { kind: 'none' } };
    await refuse({ source: file }).toMatchObject({ code: 'FILE_ROOT_UNKNOWN', fields: [{ field: 'source.location.root' }] });
    await refuse({ spec: { ...input.spec, incrementalIntervalSeconds: 0 } }).toMatchObject({ code: 'MIGRATION_SPEC_INVALID' });
    expect(await core.database.query('SELECT id FROM endpoint')).toEqual([]);
    const viewer = core.useCases.migrations.create({ ...operator, role: 'viewer' }, input, undefined);
    await expect(viewer).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });

  it('only prechecks when validating, and leaves nothing', async () => {
    const result = await core.useCases.migrations.validate(operator, migrationInput());
    expect(result.estimate).toEqual({ objects: 5, bytes: 50, complete: true });
    for (const table of ['endpoint', 'endpoint_secret', 'probe', 'migration']) {
      expect(await core.database.query(`SELECT * FROM ${table}`)).toEqual([]);
    }
  });
});

describe('cancel after a failure', () => {
  it('has the migrator clean up what a failed run kept for a retry', async () => {
    rig.migrator.ending = () => ({ status: Status.STATUS_FAILED, error: { code: 'X', message: 'm', hint: 'h', retryable: false } });
    const id = await create();
    const failed = await until(core, id, inState('prepare', 'failed'));
    const request = { runId: failed.runId!, epoch: failed.epoch, endpointId: failed.spec.targetEndpointId, caller: 'storage-migrator' };
    await expect(core.credentials.resolve(request)).rejects.toMatchObject({ code: 'CREDENTIAL_RUN_NOT_ACTIVE' });
    await core.useCases.migrations.act(operator, id, 'cancel', {});
    expect(await atRest(core, id)).toMatchObject({ phase: 'prepare', status: 'cancelled' });
    expect(rig.migrator.forgotten).toEqual([id]);
  });
});

describe('delete', () => {
  it('cancels the run at its migrator and leaves no endpoint and no secret', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const id = await create();
    const { runId } = await until(core, id, inState('full', 'running'));
    await core.useCases.migrations.remove(operator, id);
    expect(rig.migrator.runs.get(runId!)?.status).toBe(Status.STATUS_CANCELLED);
    expect(rig.migrator.forgotten).toEqual([id]);
    await expect(core.useCases.migrations.get(operator, id)).rejects.toMatchObject({ code: 'MIGRATION_NOT_FOUND' });
    for (const table of ['migration', 'endpoint', 'endpoint_secret'])
      expect(await core.database.query(`SELECT * FROM ${table}`)).toEqual([]);
  });
});

describe('secrets', () => {
  it('are resolved for the run that is active, by its kind of migrator only, and appear nowhere else', async () => {
    rig.migrator.held.add(Phase.PHASE_FULL);
    const id = await create();
    const { runId, epoch, spec } = await until(core, id, inState('full', 'running'));
    const request = { runId: runId!, epoch, endpointId: spec.sourceEndpointId, caller: 'storage-migrator' };
    expect(await core.credentials.resolve(request)).toMatchObject({ secret: { secretAccessKey: CANARY } });
    const refuse = (over: object) => expect(core.credentials.resolve({ ...request, ...over })).rejects;
    await refuse({ epoch: epoch - 1 }).toMatchObject({ code: 'CREDENTIAL_EPOCH_STALE', kind: 'precondition' });
    await refuse({ runId: 'run_other' }).toMatchObject({ code: 'CREDENTIAL_RUN_NOT_ACTIVE' });
    await refuse({ endpointId: 'ep_other' }).toMatchObject({ code: 'CREDENTIAL_ENDPOINT_FORBIDDEN' });
    await refuse({ caller: 'db-migrator' }).toMatchObject({ code: 'CREDENTIAL_CALLER_FORBIDDEN' });
    rig.migrator.held.clear();
    await until(core, id, inState('done', 'succeeded'));
    await refuse({}).toMatchObject({ code: 'CREDENTIAL_RUN_NOT_ACTIVE' });
    const stored = await core.database.query('SELECT s.sealed, m.state, m.spec, r.envelope FROM endpoint_secret s, migration m, report r');
    expect(JSON.stringify(stored)).not.toContain(CANARY);
    expect(rig.logLines.join('')).not.toContain(CANARY);
    expect(rig.logLines.length).toBeGreaterThan(5);
  });

  it('are resolved for a probe while it is open', async () => {
    const input = { name: 'saved', ...(migrationInput().source as { location: never; secret: never }) };
    const endpoint = await core.useCases.endpoints.create(operator, input, undefined);
    await expect(core.useCases.endpoints.create(operator, input, undefined)).rejects.toMatchObject({ code: 'ENDPOINT_NAME_TAKEN' });
    expect(await core.useCases.endpoints.test(operator, 'saved')).toMatchObject({ reachable: true, abilities: ['tags'] });
    expect((await core.useCases.endpoints.discover(operator, endpoint.id, '', {})).items).toHaveLength(1);
    const probe = {
      id: 'probe_1',
      epoch: 1,
      workspaceId: operator.workspaceId,
      endpoints: [{ id: endpoint.id, sealed: null }],
      kind: 'storage' as const,
    };
    const request = { runId: 'probe_1', epoch: 1, endpointId: endpoint.id, caller: 'storage-migrator' };
    await core.unitOfWork.direct.probes.open(probe, 60_000);
    expect(await core.credentials.resolve(request)).toMatchObject({ secret: { accessKeyId: 'access' } });
    await core.unitOfWork.direct.probes.close('probe_1');
    await core.unitOfWork.direct.probes.open(probe, -1);
    await expect(core.credentials.resolve(request)).rejects.toMatchObject({ code: 'CREDENTIAL_RUN_NOT_ACTIVE' });
  });
});

describe('endpoints and file roots', () => {
  it('cannot be removed while something uses them', async () => {
    const admin = { ...operator, role: 'admin' as const };
    const { endpoints, fileRoots, migrations } = core.useCases;
    await expect(fileRoots.add(operator, { name: 'data', path: '/srv/data' })).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    await fileRoots.add(admin, { name: 'data', path: '/srv/data' });
    await fileRoots.add(admin, { name: 'data', path: '/srv/data' });
    await expect(fileRoots.add(admin, { name: 'data', path: '/srv/other' })).rejects.toMatchObject({ code: 'FILE_ROOT_NAME_TAKEN' });
    await endpoints.create(
      operator,
      { name: 'tree', location: { kind: 'file', root: 'data', path: 'a' }, secret: { kind: 'none' } },
      undefined,
    );
    await expect(fileRoots.remove(admin, 'data')).rejects.toMatchObject({ code: 'FILE_ROOT_IN_USE' });
    rig.migrator.held.add(Phase.PHASE_FULL);
    const { id } = await migrations.create(operator, { ...migrationInput(), source: { endpoint: 'tree' } }, undefined);
    await until(core, id, inState('full', 'running'));
    expect(rig.migrator.starts.at(-1)?.source?.location).toEqual({ $case: 'file', value: { rootPath: '/srv/data', path: 'a' } });
    await expect(endpoints.remove(operator, 'tree')).rejects.toMatchObject({ code: 'ENDPOINT_IN_USE', details: { migrationId: id } });
    await migrations.act(operator, id, 'cancel', {});
    expect(await atRest(core, id)).toMatchObject({ phase: 'full', status: 'cancelled' });
    await endpoints.remove(operator, 'tree');
    await fileRoots.remove(admin, 'data');
    await expect(fileRoots.remove(admin, 'data')).rejects.toMatchObject({ code: 'FILE_ROOT_NOT_FOUND' });
  });

  it('are listed in pages, newest first', async () => {
    const { endpoints } = core.useCases;
    const secretless = (name: string) => ({ name, ...(migrationInput().source as { location: never; secret: never }) });
    for (const name of ['one', 'two', 'three']) await endpoints.create(operator, secretless(name), undefined);
    const first = await endpoints.list(operator, { pageSize: 2 });
    const second = await endpoints.list(operator, { pageSize: 2, pageToken: first.nextPageToken! });
    expect([...first.items, ...second.items].map((endpoint) => endpoint.name)).toEqual(['three', 'two', 'one']);
    expect(second.nextPageToken).toBeNull();
    await expect(endpoints.list(operator, { pageToken: 'x' })).rejects.toMatchObject({ code: 'PAGE_TOKEN_INVALID' });
    await expect(endpoints.list(operator, { pageSize: 0 })).rejects.toMatchObject({ code: 'PAGE_SIZE_INVALID' });
  });
});
