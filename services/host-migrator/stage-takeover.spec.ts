import type { HostJob } from './application/ports/host-engine';
import { MemoryEngine } from './testkit/memory-engine';
import { MigratorRig } from './testkit/migrator-rig';

const LEASE_MS = 1_500;

let rig: MigratorRig;
beforeAll(async () => {
  rig = await MigratorRig.start({ leaseMs: LEASE_MS });
});
afterAll(() => rig.stop());

/** Holds a stage at a step until it is let go. */
function hold(engine: MemoryEngine, at: (step: string) => boolean) {
  const { promise, resolve: reached } = Promise.withResolvers<HostJob>();
  const { promise: freed, resolve: letGo } = Promise.withResolvers<void>();
  engine.hook = async (_stage, step, job) => {
    if (!at(step)) return;
    engine.hook = () => undefined;
    reached(job);
    await freed;
  };
  return { reached: promise, letGo };
}

it('counts what was copied once, and what is listed as the last holder finds it', async () => {
  const engine = new MemoryEngine(rig.hosts);
  const first = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  const held = hold(engine, (step) => step === '/srv/f3');
  const runId = await rig.start(first, migration, 'full');
  const job = await held.reached;
  await rig.until(first, runId, ({ ledger }) => ledger.copiedFiles === 2);
  first.kill();
  const second = rig.process({ leaseMs: LEASE_MS });
  const done = await rig.end(second, runId);
  expect(done).toMatchObject({
    run: { status: 'succeeded' },
    ledger: { copiedFiles: 3, copiedBytes: 27, listedFiles: 3, unchangedFiles: 2 },
  });
  expect(Math.min(...rig.engine.calls.map(({ epoch }) => epoch))).toBeGreaterThan(job.epoch);

  // The first one wakes up: neither what it keeps with us nor what it writes to the target comes through.
  await expect(job.state.save({ walkedUntil: 0 })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  held.letGo();
  await first.workers.stop();
  expect((await second.runs.get(runId)).ledger.copiedFiles).toBe(3);
  await second.workers.stop();
});

it('refuses what a holder that lost its shard wants to keep', async () => {
  const engine = new MemoryEngine(rig.hosts);
  const process = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  const held = hold(engine, (step) => step === '/srv/f2');
  const runId = await rig.start(process, migration, 'full');
  const job = await held.reached;
  const newer = await rig.start(process, migration, 'prepare');
  await expect(job.state.save({ walkedUntil: 0 })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
  await expect(job.quarantine({ unit: '/srv/f2', code: 'X', message: 'x' })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
  held.letGo();
  expect((await rig.end(process, newer)).run.status).toBe('succeeded');
  expect((await process.runs.get(runId)).run.status).toBe('cancelled');
  expect((await process.failures.list(migration.id, 0, '')).failures).toEqual([]);
  await process.workers.stop();
});

it('goes on with a cutover whose holder was killed', async () => {
  const engine = new MemoryEngine(rig.hosts);
  const first = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  await rig.run(first, migration, 'full');
  const [reached, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  engine.hook = (stage) => {
    if (stage !== 'boot') return;
    reached.resolve();
    return letGo.promise;
  };
  const runId = await rig.start(first, migration, 'cutover');
  await reached.promise;
  first.kill();
  const second = rig.process({ leaseMs: LEASE_MS });
  const { run } = await rig.end(second, runId);
  expect(run).toMatchObject({ status: 'succeeded', verification: { equal: true }, openedAt: expect.any(String) });
  expect(Date.parse(run.openedAt!)).toBeGreaterThanOrEqual(Date.parse(run.frozenAt!));
  letGo.resolve();
  await first.workers.stop();
  await second.workers.stop();
});
