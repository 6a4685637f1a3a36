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

const fileFails = (unit: string) => {
  rig.engine.hook = (stage, step) => {
    if (stage === 'sync' && step === unit) throw new SmartantError('HOST_FILE_UNREADABLE', 'no', { kind: 'precondition' });
  };
};

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

describe('a cancelled run', () => {
  it('releases both ends and ends; removing the migration then asks them nothing more', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    const reached = Promise.withResolvers<void>();
    rig.engine.hook = (stage, _step, _job, signal) => {
      if (stage !== 'sync') return;
      reached.resolve();
      return untilAborted(signal);
    };
    const runId = await rig.start(process, migration, 'incremental');
    await reached.promise;
    await process.runs.cancel(runId, migration.id);
    expect((await rig.end(process, runId)).run).toMatchObject({ status: 'cancelled', findings: [] });
    expect(migration.to.kept.size).toBe(0);
    expect(rig.released.has(runId)).toBe(true);
    const calls = rig.engine.calls.length;
    expect(await process.runs.cancel('', migration.id, 99)).toBeNull();
    expect(rig.engine.calls.length).toBe(calls);
    await expect(process.runs.get(runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(process.runs.start(rig.order(migration, 'prepare'))).rejects.toMatchObject({ code: 'RUN_EPOCH_STALE' });
    await process.workers.stop();
  });

  it('in the middle of a cutover starts the services of the source again', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    const reached = Promise.withResolvers<void>();
    rig.engine.hook = (stage, _step, _job, signal) => {
      if (stage !== 'convert') return;
      reached.resolve();
      return untilAborted(signal);
    };
    const runId = await rig.start(process, migration, 'cutover');
    await reached.promise;
    expect(migration.from.stopped.size).toBe(1);
    // A source that is stopped is not held for as long as somebody likes.
    expect((await process.runs.pause(runId)).run.status).toBe('running');
    await process.runs.cancel(runId, migration.id);
    expect((await rig.end(process, runId)).run.status).toBe('cancelled');
    expect(migration.from.stopped.size).toBe(0);
    await process.workers.stop();
  });

  it('says what is left behind where an end refuses, and removing the migration tries again', async () => {
    const process = rig.process();
    const migration = rig.migration();
    await rig.run(process, migration, 'full');
    const reached = Promise.withResolvers<void>();
    rig.engine.hook = (stage, _step, _job, signal) => {
      if (stage === 'release') throw new SmartantError('HOST_COMMAND_FAILED', 'no', { kind: 'forbidden' });
      reached.resolve();
      return untilAborted(signal);
    };
    const runId = await rig.start(process, migration, 'incremental');
    await reached.promise;
    await process.runs.cancel(runId, migration.id);
    const { run } = await rig.end(process, runId);
    expect(run).toMatchObject({ status: 'cancelled', findings: [{ code: 'HOST_LEFT_BEHIND', severity: 'warning' }] });
    rig.engine.hook = () => undefined;
    await process.runs.cancel('', migration.id);
    expect(migration.to.kept.size).toBe(0);
    await process.workers.stop();
  });
});

describe('a file that fails', () => {
  it('is put aside while the rest goes on, and is in order once it was tried again', async () => {
    const process = rig.process();
    const migration = rig.migration();
    fileFails('/srv/f2');
    const full = await rig.run(process, migration, 'full');
    expect(full).toMatchObject({ run: { status: 'succeeded' }, ledger: { copiedFiles: 2, quarantinedFiles: 1 } });
    const { failures } = await process.failures.list(migration.id, 0, '');
    expect(failures).toMatchObject([{ unit: '/srv/f2', code: 'HOST_FILE_UNREADABLE', state: 'open', attempts: 1 }]);
    rig.engine.hook = () => undefined;
    expect(await process.failures.resolve(migration.id, [], { state: 'retrying', actor: 'u', reason: '' })).toBe(1);
    expect((await rig.run(process, migration, 'incremental')).ledger).toMatchObject({ copiedFiles: 1, quarantinedFiles: 0 });
    expect((await process.failures.list(migration.id, 0, '')).failures).toMatchObject([{ state: 'resolved' }]);
    expect(migration.to.tree()).toEqual(migration.from.tree());
    await process.workers.stop();
  });

  it('fails the run past the cap', async () => {
    const process = rig.process();
    const migration = rig.migration({ quarantineCap: 0 });
    fileFails('/srv/f1');
    const { run } = await rig.run(process, migration, 'full');
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'QUARANTINE_CAP_REACHED', message: expect.stringContaining('1 files') },
    });
    await process.workers.stop();
  });
});

it('waits for a host that is down, and fails for what waiting does not cure', async () => {
  const process = rig.process();
  const migration = rig.migration();
  migration.from.isDown = true;
  const runId = await rig.start(process, migration, 'full');
  const { wait } = await rig.until(process, runId, ({ wait }) => wait !== null);
  expect(wait).toMatchObject({ reason: 'next-attempt', error: { code: 'HOST_UNREACHABLE' } });
  migration.from.isDown = false;
  expect((await rig.end(process, runId)).run.status).toBe('succeeded');
  migration.to.password = 'changed';
  expect((await rig.run(process, migration, 'incremental')).run).toMatchObject({
    status: 'failed',
    error: { code: 'HOST_SIGN_IN_FAILED' },
  });
  await process.workers.stop();
});

it('admits bytes as its limits allow, and tells what runs out of its hands the tightest of them', async () => {
  const process = rig.process();
  const migration = rig.migration();
  migration.from.files.set('/srv/large', 'x'.repeat(100_000));
  migration.limits = { bytesPerSecond: 1_000, requestsPerSecond: 0, concurrency: 2 };
  const told: (number | null)[] = [];
  rig.engine.hook = (stage, _step, job) => {
    if (stage === 'sync') told.push(job.bytesPerSecond(), job.scope.streams);
  };
  const runId = await rig.start(process, migration, 'full');
  await rig.until(process, runId, () => told.length > 0);
  expect(told.slice(0, 2)).toEqual([1_000, 2]);
  expect((await process.runs.get(runId)).ledger.copiedFiles).toBeLessThan(4);
  await process.runs.setLimits(migration.id, { ...migration.limits, bytesPerSecond: 0, version: 1 });
  expect((await rig.end(process, runId)).ledger.copiedFiles).toBe(4);
  await process.workers.stop();
});

it('keeps rounds to the windows of a calendar, and cuts over at any hour', async () => {
  const process = rig.process();
  const migration = rig.migration();
  await rig.run(process, migration, 'full');
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
  const inTwoDays = days[(new Date().getUTCDay() + 2) % 7]!;
  const calendar = { timeZone: 'UTC', windows: [{ days: [inTwoDays], from: '10:00', to: '11:00' }], outside: 'stop' as const };
  migration.limits = { ...migration.limits, calendar };
  const waiting = await rig.start(process, migration, 'incremental');
  await rig.until(process, waiting, ({ opensAt }) => opensAt !== null && Date.parse(opensAt) > Date.now() + 3_600_000);
  expect((await process.runs.get(waiting)).shardsDone).toBe(0);
  expect((await rig.run(process, migration, 'cutover')).run.status).toBe('succeeded');
  await process.workers.stop();
});
