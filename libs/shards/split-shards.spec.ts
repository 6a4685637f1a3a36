import { nothing, ShardRig } from './fixtures/shard-rig';
import type { Claim } from './shard';

type Range = { after: number; through: number };

describe('split shards', () => {
  let rig: ShardRig;
  beforeAll(async () => {
    rig = await ShardRig.start();
  });
  afterAll(() => rig.stop());
  beforeEach(() => rig.clear());

  const addRanges = (ranges: Range[]): Promise<void> =>
    rig.database.transaction(async (tx) => {
      await rig.store.addRun(tx, { runId: 'r', migrationId: 'm', workspaceId: 'w', settings: null });
      await rig.store.addShards(
        tx,
        'r',
        ranges.map((range, ordinal) => ({ kind: 'sync', ordinal, range })),
      );
    });

  it.each([1, 2, 3])(
    'covers each range once and in order, however shards were split and in whatever order they end (seed %i)',
    async (seed) => {
      let state = seed;
      const pick = (count: number): number => (state = (state * 48_271) % 2_147_483_647) % count;
      await addRanges([
        { after: 0, through: 1_000 },
        { after: 1_000, through: 2_000 },
      ]);
      const held: Claim[] = [];
      let splits = 0;
      for (let step = 0; step < 60 || held.length > 0; step += 1) {
        if (step < 60) held.push(...(await rig.store.claim('a', 1 + pick(2))));
        const [claim] = held.splice(pick(Math.max(1, held.length)), 1);
        if (!claim) continue;
        const { after, through } = claim.range as unknown as Range;
        if (through - after < 2 || step >= 60 || pick(6) === 0) {
          await rig.complete(claim, { listed: through - after });
          continue;
        }
        // A shard may be split again and again while it is held: what is kept is what its holder has begun.
        const middle = after + 1 + Math.floor(((through - after - 1) * (1 + pick(3))) / 4);
        await rig.store.split(claim, { after, through: middle }, { after: middle, through });
        splits += 1;
        held.push({ ...claim, range: { after, through: middle } });
      }
      for (let rest = await rig.store.claim('a', 50); rest.length > 0; rest = await rig.store.claim('a', 50)) {
        for (const claim of rest) {
          const { after, through } = claim.range as unknown as Range;
          await rig.complete(claim, { listed: through - after });
        }
      }
      expect(splits).toBeGreaterThan(10);
      const finished = await rig.store.finished(rig.database, 'r', 'sync');
      const ranges = finished.map(({ range }) => range as unknown as Range);
      expect(ranges[0]?.after).toBe(0);
      expect(ranges.at(-1)?.through).toBe(2_000);
      for (const [index, range] of ranges.slice(1).entries()) expect(range.after).toBe(ranges[index]?.through);
      expect(await rig.store.summary('r')).toMatchObject({ shardsTotal: 2 + splits, shardsDone: 2 + splits, ledger: { listed: 2_000 } });
    },
  );

  it('does not take a stage for done whose last shard was split meanwhile', async () => {
    await addRanges([{ after: 0, through: 10 }]);
    const claim = await rig.claim();
    let last = 0;
    const onLast = async (): Promise<void> => void (last += 1);
    await rig.store.split(claim, { after: 0, through: 5 }, { after: 5, through: 10 });
    await rig.store.complete(claim, { position: null, ledger: {} }, { onLast });
    expect(last).toBe(0);
    await rig.store.complete(await rig.claim(), { position: null, ledger: {} }, { onLast });
    expect(last).toBe(1);
  });

  it('never takes a stage for done while a shard is left, even if a counter were wrong', async () => {
    await addRanges([
      { after: 0, through: 10 },
      { after: 10, through: 20 },
    ]);
    await rig.database.query('UPDATE shard_run SET shards_open = 1');
    let last = 0;
    const onLast = async (): Promise<void> => void (last += 1);
    await rig.store.complete(await rig.claim(), { position: null, ledger: {} }, { onLast });
    expect(last).toBe(0);
    await rig.store.complete(await rig.claim(), { position: null, ledger: {} }, { onLast });
    expect(last).toBe(1);
  });

  it('counts open shards right whatever happens to them', async () => {
    await addRanges(Array.from({ length: 6 }, (_, n) => ({ after: n * 10, through: n * 10 + 10 })));
    const [a, b, c] = await rig.store.claim('a', 3);
    await rig.store.split(a!, { after: 0, through: 5 }, { after: 5, through: 10 });
    await rig.store.fail(b!, { code: 'X', message: '' }, 0);
    await rig.store.complete(c!, { position: null, ledger: {} }, { onLast: nothing });
    await rig.store.release(a!);
    const [counted] = await rig.database.query('SELECT count(*)::int AS open FROM shard');
    expect(await rig.database.query('SELECT shards_open AS open FROM shard_run')).toEqual([counted]);
    await rig.database.transaction((tx) => rig.store.cancelShards(tx, 'r'));
    expect(await rig.store.summary('r')).toMatchObject({ shardsTotal: 1, shardsDone: 1 });
    await rig.database.transaction((tx) => rig.store.addShards(tx, 'r', [{ kind: 'cleanup', ordinal: 0, range: null }]));
    let ended = false;
    await rig.store.complete(await rig.claim(), { position: null, ledger: {} }, { onLast: async () => void (ended = true) });
    expect(ended).toBe(true);
  });
});
