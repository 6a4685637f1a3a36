import { SmartantError } from '@smartant/kernel';
import { MigratorRig } from './testkit/migrator-rig';

let rig: MigratorRig;
beforeAll(async () => {
  rig = await MigratorRig.start();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.engine.hook = () => undefined;
  rig.engine.calls.length = 0;
});

const tableFails = (unit: string) => {
  rig.engine.hook = (stage, step) => {
    if (stage === 'copy' && step === unit) throw new SmartantError('DATABASE_REFUSED', 'no', { kind: 'precondition' });
  };
};

describe('a stream', () => {
  it('stops when it is paused, and goes on where it was', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    const runId = await rig.start(process, migration, 'incremental');
    migration.from.write('public.t1', 'a', '1');
    await rig.until(process, runId, ({ ledger }) => ledger.appliedChanges === 1);
    expect((await process.runs.pause(runId)).run.status).toBe('paused');
    await rig.until(process, runId, () => process.active.active().length === 0);
    migration.from.write('public.t1', 'b', '1');
    expect(rig.released.has(runId)).toBe(true);
    await process.runs.resume(runId);
    const { ledger } = await rig.until(process, runId, ({ ledger }) => ledger.appliedChanges === 2);
    expect(ledger).toMatchObject({ appliedTransactions: 2 });
    expect(migration.to.rows()).toEqual(migration.from.rows());
    await process.runs.cancel(runId, migration.id);
    await rig.end(process, runId);
    await process.workers.stop();
  });

  it('is begun anew when it ends by itself', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    let ends = 0;
    const stream = rig.engine.stages.stream;
    rig.engine.stages.stream = async (job, signal) => ((ends += 1) === 1 ? {} : stream(job, signal));
    const runId = await rig.start(process, migration, 'incremental');
    await rig.until(process, runId, ({ run }) => run.stream !== null);
    rig.engine.stages.stream = stream;
    expect(rig.warnings).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: 'DATABASE_STREAM_ENDED' }) }));
    await process.runs.cancel(runId, migration.id);
    expect((await rig.end(process, runId)).run.status).toBe('cancelled');
    await process.workers.stop();
  });
});

describe('a cancelled run', () => {
  it('releases both ends and ends; removing the migration then asks them nothing more', async () => {
    const process = rig.process();
    const migration = rig.migration();
    const { from, to } = migration;
    await rig.run(process, migration, 'full');
    const runId = await rig.start(process, migration, 'incremental');
    await process.runs.cancel(runId, migration.id);
    expect((await rig.end(process, runId)).run).toMatchObject({ status: 'cancelled', findings: [] });
    expect(from.slots.size + to.slots.size + to.kept.size).toBe(0);
    const calls = rig.engine.calls.length;
    expect(await process.runs.cancel('', migration.id, 99)).toBeNull();
    expect(rig.engine.calls.length).toBe(calls);
    await expect(process.runs.get(runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(process.runs.start(rig.order(migration, 'prepare'))).rejects.toMatchObject({ code: 'RUN_EPOCH_STALE' });
    await process.workers.stop();
  });

  it('says what is left behind where an end refuses, and removing the migration tries again', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    rig.engine.hook = (stage) => {
      if (stage === 'release') throw new SmartantError('DATABASE_ACCESS_DENIED', 'no', { kind: 'forbidden' });
    };
    const runId = await rig.start(process, migration, 'incremental');
    await process.runs.cancel(runId, migration.id);
    const { run } = await rig.end(process, runId);
    expect(run).toMatchObject({ status: 'cancelled', findings: [{ code: 'DATABASE_LEFT_BEHIND', severity: 'warning' }] });
    expect(migration.from.slots.size).toBe(1);
    rig.engine.hook = () => undefined;
    await process.runs.cancel('', migration.id);
    expect(migration.from.slots.size).toBe(0);
    await process.workers.stop();
  });
});

describe('a table that fails', () => {
  it('is put aside while the rest goes on, and is in order once it was tried again', async () => {
    const process = rig.process();
    const migration = rig.migration();
    tableFails('public.t2');
    const full = await rig.run(process, migration, 'full');
    expect(full).toMatchObject({ run: { status: 'succeeded' }, ledger: { copiedTables: 2, quarantinedTables: 1 } });
    const { failures } = await process.failures.list(migration.id, 0, '');
    expect(failures).toMatchObject([{ unit: 'public.t2', code: 'DATABASE_REFUSED', state: 'open', attempts: 1 }]);
    rig.engine.hook = () => undefined;
    // Left alone until somebody decides.
    expect((await rig.run(process, migration, 'full')).ledger).toMatchObject({ copiedTables: 0, quarantinedTables: 1 });
    expect(await process.failures.resolve(migration.id, [], { state: 'retrying', actor: 'u', reason: '' })).toBe(1);
    expect((await rig.run(process, migration, 'full')).ledger).toMatchObject({ copiedTables: 1, quarantinedTables: 0 });
    expect((await process.failures.list(migration.id, 0, '')).failures).toMatchObject([{ state: 'resolved' }]);
    expect(migration.to.rows()).toEqual(migration.from.rows());
    await process.workers.stop();
  });

  it('fails the run past the cap', async () => {
    const process = rig.process();
    const migration = rig.migration({ quarantineCap: 0 });
    tableFails('public.t1');
    const { run, ledger } = await rig.run(process, migration, 'full');
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'QUARANTINE_CAP_REACHED', message: expect.stringContaining('1 tables') },
    });
    expect(ledger.quarantinedTables).toBe(1);
    await process.workers.stop();
  });
});

it('waits for a database that is down, and fails for what waiting does not cure', async () => {
  const process = rig.process();
  const migration = rig.migration();
  migration.from.isDown = true;
  const runId = await rig.start(process, migration, 'full');
  const { wait } = await rig.until(process, runId, ({ wait }) => wait !== null);
  expect(wait).toMatchObject({ reason: 'next-attempt', error: { code: 'DATABASE_UNREACHABLE' } });
  migration.from.isDown = false;
  expect((await rig.end(process, runId)).run.status).toBe('succeeded');
  migration.to.password = 'changed';
  expect((await rig.run(process, migration, 'incremental')).run).toMatchObject({
    status: 'failed',
    error: { code: 'DATABASE_CREDENTIALS_INVALID' },
  });
  await process.workers.stop();
});

it('admits bytes as its limits allow, which may change meanwhile', async () => {
  const process = rig.process();
  const migration = rig.migration();
  migration.from.write('public.t1', 'large', 'x'.repeat(100_000));
  migration.limits = { bytesPerSecond: 1_000, requestsPerSecond: 0, concurrency: 0 };
  const runId = await rig.start(process, migration, 'full');
  await rig.until(process, runId, () => rig.engine.calls.some(({ stage }) => stage === 'copy'));
  await rig.until(process, runId, () => process.active.active().length === 1);
  expect((await process.runs.get(runId)).ledger.copiedTables).toBeLessThan(3);
  await process.runs.setLimits(migration.id, { ...migration.limits, bytesPerSecond: 0, version: 1 });
  expect((await rig.end(process, runId)).ledger.copiedTables).toBe(3);
  await process.workers.stop();
});

it('keeps a removal waiting while an end is down, and lets it go for what trying again does not cure', async () => {
  const process = rig.process();
  const migration = rig.migration();
  await rig.run(process, migration, 'full');
  migration.from.isDown = true;
  await expect(process.runs.cancel('', migration.id)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  migration.from.isDown = false;
  await process.runs.cancel('', migration.id);
  expect(migration.from.slots.size).toBe(0);

  const lost = rig.migration();
  await rig.run(process, lost, 'full');
  lost.from.password = 'changed';
  await process.runs.cancel('', lost.id);
  expect(rig.warnings).toContainEqual(expect.objectContaining({ message: expect.stringContaining('are left at its databases') }));
  await process.workers.stop();
});

it('gives a stage up that fails again and again, although it tells of its stream each time', async () => {
  const process = rig.process();
  const migration = rig.migration();
  await rig.run(process, migration, 'full');
  let attempts = 0;
  rig.engine.hook = async (stage, _step, job) => {
    if (stage !== 'stream') return;
    attempts += 1;
    job.stream({
      appliedPosition: '0',
      sourcePosition: '1',
      lagBytes: 1,
      lagMs: attempts,
      retainedBytes: 0,
      fullAt: null,
      syncingTables: 0,
      comparisonsWait: false,
      definitionDifferenceCount: 0,
      definitionDifferences: [],
    });
    job.count({ copiedTables: 0 });
    throw new TypeError('a defect');
  };
  const { run } = await rig.run(process, migration, 'incremental');
  expect(run).toMatchObject({ status: 'failed', error: { code: 'INTERNAL_ERROR' }, stream: { lagMs: attempts } });
  expect(attempts).toBe(6);
  await process.workers.stop();
});

it('keeps the copy to the windows of a calendar, and streams at any hour', async () => {
  const process = rig.process();
  const migration = rig.migration();
  await rig.run(process, migration, 'full');
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
  const inTwoDays = days[(new Date().getUTCDay() + 2) % 7]!;
  const calendar = { timeZone: 'UTC', windows: [{ days: [inTwoDays], from: '10:00', to: '11:00' }], outside: 'stop' as const };
  migration.limits = { ...migration.limits, calendar };
  const waiting = await rig.start(process, migration, 'full');
  await rig.until(process, waiting, ({ opensAt }) => opensAt !== null && Date.parse(opensAt) > Date.now() + 3_600_000);
  expect((await process.runs.get(waiting)).shardsDone).toBe(0);
  const streaming = await rig.start(process, migration, 'incremental');
  const { opensAt } = await rig.until(process, streaming, ({ run }) => run.stream !== null);
  expect(opensAt).toBeNull();
  await process.runs.cancel(streaming, migration.id);
  await rig.end(process, streaming);
  await process.workers.stop();
});

it('hands its work to another process when it stops', async () => {
  const [first, second] = [rig.process(), rig.process()];
  const migration = rig.migration();
  await rig.run(first, migration, 'full');
  const runId = await rig.start(first, migration, 'incremental');
  await rig.until(first, runId, ({ run }) => run.stream !== null);
  const [holder, other] = first.active.active().length > 0 ? [first, second] : [second, first];
  migration.from.write('public.t1', 'a', '1');
  await holder.workers.stop();
  await rig.until(other, runId, () => other.active.active().length === 1);
  migration.from.write('public.t1', 'b', '1');
  await rig.until(other, runId, ({ ledger }) => ledger.appliedChanges === 2);
  expect(migration.to.rows()).toEqual(migration.from.rows());
  await other.runs.cancel(runId, migration.id);
  await rig.end(other, runId);
  await other.workers.stop();
});
