import type { DatabaseJob } from './application/ports/database-engine';
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
  const { promise, resolve: reached } = Promise.withResolvers<DatabaseJob>();
  const { promise: freed, resolve: letGo } = Promise.withResolvers<void>();
  engine.hook = async (_stage, step, job) => {
    if (!at(step)) return;
    engine.hook = () => undefined;
    reached(job);
    await freed;
  };
  return { reached: promise, letGo };
}

it('counts what stands at the target once, however often the copy is taken over', async () => {
  const engine = new MemoryEngine(rig.databases);
  const first = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  const held = hold(engine, (step) => step === 'public.t3');
  const runId = await rig.start(first, migration, 'full');
  const job = await held.reached;
  await rig.until(first, runId, ({ ledger }) => ledger.copiedTables === 2);
  first.kill();
  const second = rig.process({ leaseMs: LEASE_MS });
  const done = await rig.end(second, runId);
  expect(done).toMatchObject({
    run: { status: 'succeeded' },
    ledger: { copiedTables: 3, copiedRows: 6, listedTables: 3, builtIndexes: 3 },
  });
  const epochs = rig.engine.calls.map(({ epoch }) => epoch);
  expect(Math.min(...epochs)).toBeGreaterThan(job.epoch);

  // The first one wakes up: neither what it keeps with us nor what it writes to the target comes through.
  await expect(job.state.save({ slotPosition: 0 })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  held.letGo();
  await first.workers.stop();
  expect((await second.runs.get(runId)).ledger.copiedTables).toBe(3);

  // Another run of the phase finds everything done, and adds nothing to what the migration has copied.
  const again = await rig.run(second, migration, 'full');
  expect(again.ledger).toMatchObject({ listedTables: 3, copiedTables: 0, copiedRows: 0 });
  await second.workers.stop();
});

it('counts what was verified once, also when that is taken over', async () => {
  const engine = new MemoryEngine(rig.databases);
  const first = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  await rig.run(first, migration, 'full');
  const [verified, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  engine.hook = (stage, step) => {
    if (stage !== 'cutover' || step !== 'arm') return;
    verified.resolve();
    return letGo.promise;
  };
  const runId = await rig.start(first, migration, 'cutover');
  await verified.promise;
  await rig.until(first, runId, ({ ledger }) => ledger.verifiedRows === 6);
  first.kill();
  const second = rig.process({ leaseMs: LEASE_MS });
  expect(await rig.end(second, runId)).toMatchObject({ run: { status: 'succeeded' }, ledger: { verifiedRows: 6 } });
  letGo.resolve();
  await second.workers.stop();
});

it('refuses what a holder that lost its shard wants to keep', async () => {
  const engine = new MemoryEngine(rig.databases);
  const process = rig.process({ leaseMs: LEASE_MS, engine });
  const migration = rig.migration();
  const held = hold(engine, (step) => step === 'public.t2');
  const runId = await rig.start(process, migration, 'full');
  const job = await held.reached;
  const newer = await rig.start(process, migration, 'prepare');
  await expect(job.state.save({ slotPosition: 0 })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
  await expect(job.quarantine({ unit: 'public.t2', code: 'X', message: 'x' })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
  held.letGo();
  expect((await rig.end(process, newer)).run.status).toBe('succeeded');
  expect((await process.runs.get(runId)).run.status).toBe('cancelled');
  expect((await process.failures.list(migration.id, 0, '')).failures).toEqual([]);
  await process.workers.stop();
});

it('counts a change once although the answers to checkpoints are lost', async () => {
  const process = rig.process();
  const migration = rig.migration();
  await rig.run(process, migration, 'full');
  const runId = await rig.start(process, migration, 'incremental');
  await rig.until(process, runId, ({ run }) => run.stream !== null);
  process.loseAnswers(true);
  migration.from.write('public.t1', 'a', '1');
  const [shown] = [await rig.until(process, runId, ({ ledger }) => ledger.appliedChanges === 1)];
  expect(shown.run.status).toBe('running');
  process.loseAnswers(false);
  migration.from.write('public.t1', 'b', '1');
  await rig.until(process, runId, ({ ledger }) => ledger.appliedChanges >= 2);
  const cutover = await rig.run(process, migration, 'cutover');
  expect(cutover.run.verification).toMatchObject({ equal: true });
  expect((await process.runs.get(runId)).ledger.appliedChanges).toBe(2);
  await process.workers.stop();
});
