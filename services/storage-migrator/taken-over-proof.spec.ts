import type { ListedObject } from '@smartant/connectors';
import { openWithFaults } from './testkit/fault-points';
import { MigratorRig } from './testkit/migrator-rig';

const many = (count: number, content = 'content'): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${String(i).padStart(4, '0')}`, `${content} ${i}`]));

describe('verification and deletes that change hands', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
  });
  afterAll(() => rig.stop());

  it('comes to the same roots whether or not a worker died in the middle of a verification', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(300));
    const migration = rig.migration(source, target);
    const steady = rig.process({ leaseMs: 900 });
    await rig.run(steady, migration, 'full');
    const whole = await rig.run(steady, migration, 'cutover');
    await steady.workers.stop();

    let reads = 0;
    let release: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const first = rig.process({
      leaseMs: 4_000,
      openStorage: openWithFaults({
        reader: {
          read: async (_object: ListedObject) => {
            reads += 1;
            if (reads > 400) await stuck;
          },
        },
      }),
    });
    const { run } = await first.runs.start(rig.order(migration, 'cutover'));
    // The checkpoint of a verification comes every five seconds.
    await rig.until(first, run.runId, ({ ledger }) => reads > 400 && ledger.verifiedObjects > 100);
    first.kill();
    const second = rig.process({ leaseMs: 900 });
    const ended = await rig.end(second, run.runId);
    release();
    expect(ended.ledger).toMatchObject({ verifiedObjects: 300, differentObjects: 0 });
    const { asOf: _asOf, ...proof } = ended.run.verification ?? {};
    expect(whole.run.verification).toMatchObject(proof);
    expect(proof).toMatchObject({ equal: true, sourceFrozen: true, sourceObjects: 300, targetObjects: 300 });
    await second.workers.stop();
  });

  it('counts a delete once, although the worker died between deleting and telling', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, { a: '1' });
    await rig.put(target, many(700));
    const migration = rig.migration(source, target, { maxDeletes: 700 });
    let batches = 0;
    const first = rig.process({
      leaseMs: 4_000,
      openStorage: openWithFaults({
        writer: {
          remove: async (keys: string[]) => {
            if (keys.length < 100) return;
            batches += 1;
            // The second batch's deletion goes through, but nobody hears of it.
            if (batches === 2) first.kill();
          },
        },
      }),
    });
    const { run } = await first.runs.start(rig.order(migration, 'incremental'));
    await rig.until(first, run.runId, () => batches === 2).catch(() => undefined);
    const second = rig.process({ leaseMs: 900 });
    const ended = await rig.end(second, run.runId);
    expect(ended.run).toMatchObject({ status: 'succeeded', error: null });
    expect(ended.ledger.deletedObjects).toBe(700);
    expect(Object.keys(await rig.contents(target))).toEqual(['a']);
    await second.workers.stop();
  });

  it('shares one run between two processes', async () => {
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await rig.put(source, many(100));
    const migration = rig.migration(source, target);
    const two = [rig.process({ slots: 1 }), rig.process({ slots: 1 })];
    const { run } = await two[0]!.runs.start(rig.order(migration, 'full'));
    expect((await rig.end(two[1]!, run.runId)).ledger).toMatchObject({ copiedObjects: 100, listedObjects: 100 });
    await Promise.all(two.map((migrator) => migrator.workers.stop()));
  });
});
