import type { Migrator } from './compose-migrator';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const OBJECTS = 300;
const objects = Object.fromEntries(Array.from({ length: OBJECTS }, (_, i) => [`k${String(i).padStart(4, '0')}`, `content ${i}`]));

describe('a range that idle workers help with', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  /** A process that copies some objects and then stands still until `goOn` resolves. */
  function slowProcess(leaseMs: number, goOn: Promise<void>): Migrator & { kill(): void } {
    let puts = 0;
    const put = async (): Promise<void> => {
      puts += 1;
      if (puts > 40) await goOn;
    };
    return rig.process({ leaseMs, writeDeadlineMs: 100, splitEveryMs: 300, openStorage: openWithFaults({ writer: { put } }) });
  }

  const splits = (runId: string) =>
    rig.database.query<{ splits: number }>(`SELECT splits FROM shard WHERE run_id = $1 AND splits > 0`, [runId]);

  it('is shared with a pool that joins: both work, and the whole is equal', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, objects);
    let open = (): void => undefined;
    const helped = new Promise<void>((resolve) => (open = resolve));
    // A lease that a starved machine keeps: what is shared is shared by splitting, not by a take-over.
    const leaseMs = 12_000;
    const first = slowProcess(leaseMs, helped);
    const { run } = await first.runs.start(rig.order(rig.migration(source, target), 'cutover'));
    await rig.until(first, run.runId, ({ ledger }) => ledger.copiedObjects > 0);
    // Only what the first gives away can be copied before the first goes on.
    let puts = 0;
    const count = async (): Promise<void> => {
      puts += 1;
      open();
    };
    const second = rig.process({
      leaseMs,
      writeDeadlineMs: 100,
      splitEveryMs: 300,
      openStorage: openWithFaults({ writer: { put: count } }),
    });
    const { run: ended, ledger } = await rig.end(second, run.runId);
    expect(ended).toMatchObject({ status: 'succeeded', verification: { equal: true, sourceFrozen: true, sourceObjects: OBJECTS } });
    expect(ledger).toMatchObject({ listedObjects: OBJECTS, copiedObjects: OBJECTS, verifiedObjects: OBJECTS });
    expect(puts).toBeGreaterThan(0);
    expect(await rig.contents(target)).toEqual(objects);
    await Promise.all([first.workers.stop(), second.workers.stop()]);
  });

  it('loses and doubles nothing when the process dies between the split and its next checkpoint', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, objects);
    let open = (): void => undefined;
    const first = slowProcess(1_500, new Promise<void>((resolve) => (open = resolve)));
    const split = first.shards.split.bind(first.shards);
    first.shards.split = async (...args: Parameters<typeof split>) => {
      await split(...args);
      first.kill();
    };
    const { run } = await first.runs.start(rig.order(rig.migration(source, target), 'cutover'));
    await rig.until(rig.process({ slots: 0 }), run.runId, async () => (await splits(run.runId)).length === 1);
    const second = rig.process({ leaseMs: 1_500, writeDeadlineMs: 100 });
    const { run: ended, ledger } = await rig.end(second, run.runId);
    expect(ended).toMatchObject({ status: 'succeeded', verification: { equal: true, sourceFrozen: true, sourceObjects: OBJECTS } });
    expect(ledger).toMatchObject({ listedObjects: OBJECTS, verifiedObjects: OBJECTS });
    expect(ledger.copiedObjects + ledger.unchangedObjects).toBe(OBJECTS);
    expect(await rig.contents(target)).toEqual(objects);
    open();
    await second.workers.stop();
  });
});
