import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { ShardMap } from './shard-map';
import { shardMigrations } from './shard-migrations';
import { ShardStore } from './shard-store';

describe('ShardMap', () => {
  let database: Database;
  let store: ShardStore;
  let map: ShardMap;

  beforeAll(async () => {
    database = await openDatabase({
      url: await freshDatabase('shard_map'),
      schema: 'work',
      migrations: shardMigrations(),
      applicationName: 'shard-map-test',
    });
    store = new ShardStore(database);
    map = new ShardMap(database);
  });
  afterAll(() => database.close());
  beforeEach(() => database.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie'));

  const addRun = (runId: string, shards: number, kind = 'copy'): Promise<void> =>
    database.transaction(async (tx) => {
      await store.addRun(tx, { runId, migrationId: 'mig', workspaceId: 'w', settings: null });
      await store.addShards(
        tx,
        runId,
        Array.from({ length: shards }, (_, ordinal) => ({ kind, ordinal, range: { from: ordinal } })),
      );
    });
  const claimed = async () => {
    const [claim] = await store.claim('worker-a');
    if (!claim) throw new Error('nothing to claim');
    return claim;
  };
  const cells = (count = 100) => map.cells('mig', '', count, ['copiedBytes', 'verifiedBytes']);

  it('tells every state of a shard, who holds it, and why it failed', async () => {
    await addRun('r', 5);
    await store.complete(
      await claimed(),
      { position: null, ledger: { copiedBytes: 7, copiedObjects: 1 } },
      { onLast: async () => undefined },
    );
    await store.fail(await claimed(), { code: 'STORAGE_DENIED', message: 'no' }, 60_000);
    const abandoned = await claimed();
    await database.query(`UPDATE shard SET lease_until = clock_timestamp() - interval '1 ms' WHERE shard_id = $1`, [abandoned.shardId]);
    await database.query(`UPDATE shard SET takeovers = 9 WHERE shard_id = $1`, [abandoned.shardId]);
    const working = await claimed();
    await store.checkpoint(working, { position: null, ledger: { verifiedBytes: 30 } });
    const { shards, nextPageToken } = await map.list('mig', '', '', 50, '');
    expect(nextPageToken).toBe('');
    expect(shards).toMatchObject([
      { stage: 'copy', ordinal: 0, state: 'done', counters: { copiedBytes: 7 }, epoch: 1, holder: null, finishedAt: expect.any(Date) },
      { ordinal: 1, state: 'retrying', attempts: 1, lastError: { code: 'STORAGE_DENIED' }, notBefore: expect.any(Date), holder: null },
      { ordinal: 2, state: 'abandoned', holder: 'worker-a', takeovers: 9 },
      { ordinal: 3, state: 'working', holder: 'worker-a', leaseUntil: expect.any(Date), range: '{"from": 3}' },
      { ordinal: 4, state: 'waiting', epoch: 0, notBefore: null, lastError: null },
    ]);
    const found = await cells();
    expect(found).toMatchObject({ runId: 'r', shardsTotal: 5, shardsDone: 1, shardsForgotten: 0 });
    expect(found.cells.map(({ done, retrying, abandoned: left, working: busy, waiting }) => [done, retrying, left, busy, waiting])).toEqual(
      [
        [1, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
      ],
    );
    expect(found.cells.map(({ bytes, attempts }) => [bytes, attempts])).toEqual([
      [7, 0],
      [0, 1],
      [0, 0],
      [30, 0],
      [0, 0],
    ]);
  });

  it('maps 20,000 shards to cells of neighbours, each of which a page may begin at', async () => {
    await addRun('r', 20_000);
    const found = await cells(300);
    expect(found.cells).toHaveLength(300);
    expect(found.cells.reduce((sum, { shards }) => sum + shards, 0)).toBe(20_000);
    expect(Math.max(...found.cells.map(({ shards }) => shards)) - Math.min(...found.cells.map(({ shards }) => shards))).toBeLessThan(2);
    const before = found.cells.slice(0, 150).reduce((sum, { shards }) => sum + shards, 0);
    const page = await map.list('mig', 'r', 'waiting', 2, found.cells[150]?.pageToken ?? '');
    expect(page.shards.map(({ ordinal }) => ordinal)).toEqual([before, before + 1]);
    const next = await map.list('mig', 'r', 'waiting', 2, page.nextPageToken);
    expect(next.shards.map(({ ordinal }) => ordinal)).toEqual([before + 2, before + 3]);
  });

  it('pages through open and finished shards together, each once', async () => {
    await addRun('r', 9);
    for (let index = 0; index < 4; index += 1)
      await store.complete(await claimed(), { position: null, ledger: {} }, { onLast: async () => undefined });
    const seen: number[] = [];
    let token = '';
    do {
      const page = await map.list('mig', 'r', '', 2, token);
      seen.push(...page.shards.map(({ ordinal }) => ordinal));
      token = page.nextPageToken;
    } while (token !== '');
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await map.list('mig', 'r', 'done', 50, '')).shards).toHaveLength(4);
  });

  it('shows the latest run with shards, or the one that is named, of this migration alone', async () => {
    await addRun('old', 1);
    await addRun('new', 2, 'verify');
    await addRun('empty', 0);
    expect(await cells()).toMatchObject({ runId: 'new', shardsTotal: 2, cells: [{ stage: 'verify' }, { stage: 'verify' }] });
    expect(await map.cells('mig', 'old', 9, [])).toMatchObject({ runId: 'old', shardsTotal: 1 });
    expect(await map.cells('other', 'old', 9, [])).toMatchObject({ runId: '', cells: [] });
    expect(await map.list('other', '', '', 9, '')).toEqual({ runId: '', shards: [], nextPageToken: '' });
  });

  it('says how many are kept as a number alone', async () => {
    await addRun('r', 2);
    await store.complete(await claimed(), { position: null, ledger: {} }, { onLast: async () => undefined });
    await database.query('DELETE FROM finished_shard');
    expect(await cells()).toMatchObject({ shardsTotal: 2, shardsDone: 1, shardsForgotten: 1, cells: [{ waiting: 1 }] });
  });

  it.each(['x', Buffer.from('["copy",-1,[],"a"]').toString('base64url'), Buffer.from('[1]').toString('base64url')])(
    'refuses the token %s',
    async (token) => {
      await addRun('r', 1);
      await expect(map.list('mig', '', '', 9, token)).rejects.toMatchObject({ code: 'PAGE_TOKEN_INVALID' });
    },
  );
});
