import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { shardMigrations } from './shard-migrations';
import { ShardStore } from './shard-store';

describe('ShardStore', () => {
  let database: Database;
  let store: ShardStore;

  beforeAll(async () => {
    database = await openDatabase({
      url: await freshDatabase('shards'),
      schema: 'work',
      migrations: shardMigrations(),
      applicationName: 'shards-test',
    });
    store = new ShardStore(database);
  });
  afterAll(() => database.close());
  beforeEach(() => database.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie'));

  const addRun = (runId: string, shards: number, migrationId = `mig-of-${runId}`): Promise<void> =>
    database.transaction(async (tx) => {
      await store.addRun(tx, { runId, migrationId, workspaceId: 'w', settings: { speed: 1 } });
      const list = Array.from({ length: shards }, (_, ordinal) => ({ kind: 'copy', ordinal, range: { from: ordinal } }));
      await store.addShards(tx, runId, list);
    });
  const expireLeases = (): Promise<unknown> => database.query(`UPDATE shard SET lease_until = clock_timestamp() - interval '1 ms'`);
  const claimed = async (workerId = 'a') => {
    const [claim] = await store.claim(workerId);
    if (!claim) throw new Error('nothing to claim');
    return claim;
  };

  it('claims shards in order, each once, with a growing epoch', async () => {
    await addRun('r', 2);
    const [first, second, third] = [await claimed(), await claimed('b'), await store.claim('c')];
    expect([first.range, second.range, third]).toEqual([{ from: 0 }, { from: 1 }, []]);
    await store.release(first);
    expect(await claimed()).toMatchObject({ shardId: first.shardId, epoch: 2, takenOver: false });
  });

  it('lets concurrent workers claim each shard once', async () => {
    await addRun('r', 20);
    const claims = await Promise.all(Array.from({ length: 30 }, (_, worker) => store.claim(`w${worker}`)));
    const ids = claims.flat().map((claim) => claim.shardId);
    expect(new Set(ids).size).toBe(ids.length);
    // SKIP LOCKED may let a worker come away empty while another one holds the row; the rest is still there.
    while ((await store.claim('late')).length > 0) ids.push('late');
    expect(ids).toHaveLength(20);
  });

  it('refuses each write of a stale epoch and changes nothing by it', async () => {
    await addRun('r', 1);
    const zombie = await claimed('zombie');
    await expireLeases();
    const heir = await claimed('heir');
    expect(heir).toMatchObject({ shardId: zombie.shardId, epoch: zombie.epoch + 1, takenOver: true });
    const stale = { position: 'stale', ledger: { copied: 100 } };
    const lost = { code: 'SHARD_LEASE_LOST' };
    await expect(store.checkpoint(zombie, stale)).rejects.toMatchObject(lost);
    await expect(store.complete(zombie, stale, { onLast: async () => undefined })).rejects.toMatchObject(lost);
    await expect(store.fail(zombie, { code: 'X', message: '' }, 0)).rejects.toMatchObject(lost);
    await expect(store.release(zombie)).rejects.toMatchObject(lost);
    await expect(store.split(zombie, {}, {})).rejects.toMatchObject(lost);
    await expect(database.transaction((tx) => store.assertHeld(tx, zombie))).rejects.toMatchObject(lost);
    expect(await store.renew([zombie, heir])).toEqual(new Set([heir.shardId]));
    expect((await store.renew([zombie])).size).toBe(0);
    expect(await store.summary('r')).toMatchObject({ ledger: {}, shardsTotal: 1, shardsDone: 0 });
  });

  it('goes on at the last checkpoint after a takeover and counts nothing twice', async () => {
    await addRun('r', 1);
    const first = await claimed();
    await store.checkpoint(first, { position: { key: 'k' }, ledger: { copied: 2, bytes: 5 } });
    await expireLeases();
    const second = await claimed('b');
    expect(second.position).toEqual({ key: 'k' });
    await store.complete(second, { position: null, ledger: { copied: 3 } }, { onLast: async () => undefined });
    expect(await store.summary('r')).toMatchObject({ ledger: { copied: 5, bytes: 5 }, shardsDone: 1 });
  });

  it('runs onLast exactly once when the last shards complete at the same time, and can add the next stage there', async () => {
    await addRun('r', 8);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimed()));
    let last = 0;
    await Promise.all(
      claims.map((claim) =>
        store.complete(
          claim,
          { position: null, ledger: { done: 1 } },
          {
            onLast: async (tx) => {
              last += 1;
              await store.addShards(tx, 'r', [{ kind: 'finish', ordinal: 0, range: null }]);
            },
          },
        ),
      ),
    );
    expect(last).toBe(1);
    expect(await claimed()).toMatchObject({ kind: 'finish' });
    expect((await store.summary('r'))?.ledger).toEqual({ done: 8 });
  });

  it('waits after a failure, counts attempts and forgets them at the next checkpoint', async () => {
    await addRun('r', 1);
    await store.fail(await claimed(), { code: 'DOWN', message: 'down' }, 60_000);
    expect(await store.claim('a')).toEqual([]);
    await database.query('UPDATE shard SET not_before = clock_timestamp()');
    const again = await claimed();
    expect(again.attempts).toBe(1);
    expect(again.failingForMs).toBeGreaterThan(0);
    await store.checkpoint(again, { position: 1, ledger: {} });
    await store.release(again);
    expect(await claimed()).toMatchObject({ attempts: 0, failingForMs: 0 });
  });

  it('is fair between migrations', async () => {
    await addRun('big', 10);
    await Promise.all(Array.from({ length: 3 }, () => claimed()));
    await addRun('small', 2);
    const next = [await claimed(), await claimed()];
    expect(next.map((claim) => claim.runId)).toEqual(['small', 'small']);
  });

  it('gives out nothing of a paused run, and fences the holders of an ended one', async () => {
    await addRun('r', 2);
    const held = await claimed();
    await database.transaction((tx) => store.setRunState(tx, 'r', 'paused'));
    expect(await store.claim('b')).toEqual([]);
    await store.checkpoint(held, { position: 'last', ledger: {} });
    expect(await store.watch(['r'])).toMatchObject([{ runId: 'r', state: 'paused', settings: { speed: 1 }, workers: 1, idleSlots: 0 }]);
    await database.transaction((tx) => store.setRunState(tx, 'r', 'ended'));
    await expect(store.checkpoint(held, { position: 'zombie', ledger: {} })).rejects.toMatchObject({ code: 'SHARD_LEASE_LOST' });
    expect(await store.claim('b')).toEqual([]);
  });

  it('splits a held shard so that another worker takes the rest', async () => {
    await addRun('r', 1);
    const slow = await claimed();
    await store.split(slow, { from: 0, to: 5 }, { from: 5 });
    expect(await claimed('b')).toMatchObject({ range: { from: 5 }, kind: 'copy' });
    await store.release(slow);
    expect(await claimed('c')).toMatchObject({ range: { from: 0, to: 5 } });
  });

  it('tells the number of workers, by which limits are divided', async () => {
    await addRun('r', 3);
    await claimed('a');
    await claimed('a');
    await claimed('b');
    expect(await store.watch(['r', 'unknown'])).toMatchObject([{ runId: 'r', workers: 2 }]);
  });
});
