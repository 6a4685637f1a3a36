import { ShardRig } from './fixtures/shard-rig';
import { runWait } from './run-wait';

describe('why a run stands still', () => {
  let rig: ShardRig;
  beforeAll(async () => {
    rig = await ShardRig.start({ writeDeadlineMs: 60_000 });
  });
  afterAll(() => rig.stop());
  beforeEach(() => rig.clear());
  const wait = (): ReturnType<typeof runWait> => runWait(rig.database, 'r');
  const minutesAhead = (until: Date | undefined): number => Math.round(((until?.getTime() ?? 0) - Date.now()) / 60_000);

  it('is not asked while a shard may be claimed, is held, or there is none', async () => {
    expect(await wait()).toBeNull();
    await rig.addRun('r', 2);
    expect(await wait()).toBeNull();
    const [a, b] = [await rig.claim(), await rig.claim()];
    expect(await wait()).toBeNull();
    // The other one is still being worked on.
    await rig.store.fail(a, { code: 'STORAGE_FULL', message: 'No room.' }, 120_000);
    expect(await wait()).toBeNull();
    await rig.complete(b);
    expect(await wait()).not.toBeNull();
  });

  it('is what a former holder may still write, until it cannot any more', async () => {
    await rig.addRun('r', 1);
    await rig.claim();
    await rig.expire();
    const heir = await rig.claim('heir');
    await rig.store.complete(
      heir,
      { position: null, ledger: {} },
      { onLast: (tx) => rig.store.addShards(tx, 'r', [{ kind: 'verify', ordinal: 0, range: null }], { afterZombies: true }) },
    );
    const found = await wait();
    expect(found).toMatchObject({ reason: 'late-writes', error: null });
    expect(minutesAhead(found?.until)).toBe(1);
    await rig.database.query('UPDATE shard SET not_before = clock_timestamp()');
    expect(await wait()).toBeNull();
  });

  it('is the failure after which it is tried again, told until an attempt gets on', async () => {
    await rig.addRun('r', 2);
    const error = { code: 'STORAGE_FULL', message: 'No room.' };
    await rig.store.fail(await rig.claim(), error, 300_000);
    await rig.store.fail(await rig.claim(), error, 120_000);
    const found = await wait();
    expect(found).toMatchObject({ reason: 'next-attempt', error });
    expect(minutesAhead(found?.until)).toBe(2);
    // A store may take minutes to fail again: it is told also while that goes on.
    await rig.database.query(`UPDATE shard SET not_before = clock_timestamp() - interval '1 s' WHERE ordinal = 1`);
    expect(await wait()).toMatchObject({ reason: 'next-attempt', error });
    const again = await rig.claim();
    expect(await wait()).toMatchObject({ reason: 'next-attempt', error });
    await rig.store.checkpoint(again, { position: 1, ledger: {} });
    expect(await wait()).toBeNull();
  });

  it('is not told of a run that is paused, closed or over', async () => {
    await rig.addRun('r', 1);
    await rig.store.fail(await rig.claim(), { code: 'STORAGE_FULL', message: 'No room.' }, 120_000);
    await rig.store.setOpensAt(rig.database, 'r', new Date(Date.now() + 3_600_000));
    expect(await wait()).toBeNull();
    await rig.store.setOpensAt(rig.database, 'r', null);
    expect(await wait()).not.toBeNull();
    await rig.store.setRunState(rig.database, 'r', 'paused');
    expect(await wait()).toBeNull();
    await rig.database.transaction((tx) => rig.store.setRunState(tx, 'r', 'ended'));
    expect(await wait()).toBeNull();
  });
});
