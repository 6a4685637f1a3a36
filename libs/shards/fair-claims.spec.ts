import { ShardRig } from './fixtures/shard-rig';
import type { Claim } from './shard';

/** Small, seeded: https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const countBy = (claims: Claim[], name: 'workspaceId' | 'runId'): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const claim of claims) counts[claim[name]] = (counts[claim[name]] ?? 0) + 1;
  return counts;
};

describe('fair claims', () => {
  let rig: ShardRig;
  beforeAll(async () => {
    rig = await ShardRig.start();
  });
  afterAll(() => rig.stop());
  beforeEach(() => rig.clear());

  const claimMany = async (count: number, batch: number): Promise<Claim[]> => {
    const claims: Claim[] = [];
    while (claims.length < count) claims.push(...(await rig.store.claim('a', Math.min(batch, count - claims.length))));
    return claims;
  };

  it.each([1, 7, 60])('gives workspaces with 1, 10 and 100 migrations a third of the slots each, %i at a time', async (batch) => {
    for (const migrations of [1, 10, 100]) {
      for (let n = 0; n < migrations; n += 1)
        await rig.addRun(`r${migrations}-${n}`, migrations === 1 ? 60 : 6, { workspaceId: `ws${migrations}` });
    }
    const claims = await claimMany(60, batch);
    expect(countBy(claims, 'workspaceId')).toEqual({ ws1: 20, ws10: 20, ws100: 20 });
    const runs = countBy(claims, 'runId');
    expect(
      Object.entries(runs)
        .filter(([run]) => run.startsWith('r10-'))
        .map(([, count]) => count),
    ).toEqual(Array(10).fill(2));
    expect(
      Object.entries(runs)
        .filter(([run]) => run.startsWith('r100-'))
        .map(([, count]) => count),
    ).toEqual(Array(20).fill(1));
    // A workspace that has nothing to do leaves its share to the others; what comes back goes to whoever holds least.
    for (const claim of claims.filter(({ workspaceId }) => workspaceId === 'ws10')) await rig.complete(claim);
    expect(countBy(await claimMany(20, batch), 'workspaceId')).toEqual({ ws10: 20 });
  });

  it('serves a higher priority first, and a lower one once in eight shards', async () => {
    await rig.addRun('low', 10, { priority: 2 });
    await rig.addRun('high', 100, { priority: 8 });
    const order = (await claimMany(40, 1)).map(({ runId }) => runId);
    const low = order.flatMap((runId, index) => (runId === 'low' ? [index] : []));
    expect(low).toHaveLength(5);
    expect(Math.max(...low.map((index, n) => index - (low[n - 1] ?? -1)))).toBeLessThanOrEqual(9);
    await rig.database.transaction((tx) => rig.store.setPriority(tx, 'low', 9));
    expect(countBy(await claimMany(5, 5), 'runId')).toEqual({ low: 5 });
  });

  it('claims in parallel what it claims one after the other, each shard once', async () => {
    for (const run of ['a', 'b', 'c']) await rig.addRun(run, 30, { workspaceId: run });
    const claims: Claim[] = [];
    const worker = async (name: string): Promise<void> => {
      for (;;) {
        const got = await rig.store.claim(name, 4);
        if (got.length === 0) return;
        claims.push(...got);
      }
    };
    while (claims.length < 90) await Promise.all(Array.from({ length: 6 }, (_, n) => worker(`w${n}`)));
    expect(new Set(claims.map(({ shardId }) => shardId)).size).toBe(90);
  });

  it('finds the one run that has work among many whose shards all wait for their next attempt', async () => {
    for (let n = 0; n < 50; n += 1) await rig.addRun(`waiting-${n}`, 2);
    await rig.database.query(`UPDATE shard SET not_before = clock_timestamp() + interval '1 hour'`);
    await rig.addRun('ready', 3);
    expect(countBy(await rig.store.claim('a', 2), 'runId')).toEqual({ ready: 2 });
    expect(countBy(await rig.store.claim('a', 2), 'runId')).toEqual({ ready: 1 });
    expect(await rig.store.claim('a', 2)).toEqual([]);
  });

  it('gives out nothing of a run before it opens', async () => {
    await rig.addRun('nightly', 2);
    const open = (at: Date | null) => rig.database.transaction((tx) => rig.store.setOpensAt(tx, 'nightly', at));
    await open(new Date(Date.now() + 3_600_000));
    expect(await rig.store.claim('a', 2)).toEqual([]);
    await open(null);
    expect(await rig.store.claim('a', 1)).toHaveLength(1);
    await open(new Date(Date.now() - 1_000));
    expect(await rig.store.claim('a', 2)).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6])('never serves a workspace, priority or run before a needier one (seed %i)', async (seed) => {
    const next = random(seed);
    const pick = (count: number): number => Math.floor(next() * count);
    const runs = Array.from({ length: 12 }, (_, n) => ({
      runId: `r${n}`,
      workspaceId: `ws${pick(4)}`,
      priority: 1 + pick(3),
      left: 1 + pick(6),
      held: 0,
    }));
    for (const { runId, workspaceId, priority, left } of runs) await rig.addRun(runId, left, { workspaceId, priority });
    const workspaceHolds = (id: string): number =>
      runs.filter(({ workspaceId }) => workspaceId === id).reduce((sum, run) => sum + run.held, 0);
    /** Whose turn it may be: also the oldest run below the highest priority of a workspace. */
    const due = (): string[] => {
      const waiting = runs.filter(({ left }) => left > 0);
      const least = Math.min(...waiting.map(({ workspaceId }) => workspaceHolds(workspaceId)));
      return waiting.flatMap((run) => {
        const siblings = waiting.filter(({ workspaceId }) => workspaceId === run.workspaceId);
        const highest = Math.max(...siblings.map(({ priority }) => priority));
        const first = siblings.filter(({ priority }) => priority === highest);
        const patient = siblings.find(({ priority }) => priority < highest);
        const mine = run.priority < highest ? run === patient : run.held === Math.min(...first.map(({ held }) => held));
        return mine && workspaceHolds(run.workspaceId) === least ? [run.runId] : [];
      });
    };
    const held: Claim[] = [];
    while (runs.some(({ left }) => left > 0)) {
      const batch = await rig.store.claim('a', 1 + pick(5));
      held.push(...batch);
      // A batch has no order of its own: there must be one in which each was due.
      while (batch.length > 0) {
        const turns = due();
        const index = batch.findIndex(({ runId }) => turns.includes(runId));
        if (index < 0) throw new Error(`due was one of ${turns.join()}, but claimed was ${batch.map(({ runId }) => runId).join()}`);
        const run = runs.find(({ runId }) => runId === batch[index]?.runId)!;
        batch.splice(index, 1);
        run.left -= 1;
        run.held += 1;
      }
      const [done] = held.splice(pick(held.length), pick(2));
      if (done) {
        await rig.complete(done);
        runs.find(({ runId }) => runId === done.runId)!.held -= 1;
      }
    }
    expect(held.length).toBeGreaterThan(0);
  });
});
