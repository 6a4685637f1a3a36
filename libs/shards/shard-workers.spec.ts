import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import type { HeldShard } from './held-shard';
import { shardMigrations } from './shard-migrations';
import { ShardStore } from './shard-store';
import { ShardWorkers, type ShardWorkersOptions } from './shard-workers';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when the shard's signal aborts, with the reason's code. */
function abortOf(shard: HeldShard): Promise<string> {
  return new Promise((resolve) => {
    shard.signal.addEventListener('abort', () => resolve((shard.signal.reason as { code: string }).code));
  });
}

describe('ShardWorkers', () => {
  let database: Database;
  let store: ShardStore;
  const pools: ShardWorkers[] = [];

  beforeAll(async () => {
    database = await openDatabase({
      url: await freshDatabase('pool'),
      schema: 'work',
      migrations: shardMigrations(),
      applicationName: 'test',
    });
    store = new ShardStore(database, { leaseMs: 900 });
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.stop()));
    await database.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie');
  });
  afterAll(() => database.close());

  const addRun = (runId: string, shards: number): Promise<void> =>
    database.transaction(async (tx) => {
      await store.addRun(tx, { runId, migrationId: 'm', workspaceId: 'w', settings: null });
      const list = Array.from({ length: shards }, (_, ordinal) => ({ kind: 'copy', ordinal, range: ordinal }));
      await store.addShards(tx, runId, list);
    });
  const startPool = (handle: ShardWorkersOptions['handle'], options: Partial<ShardWorkersOptions> = {}): ShardWorkers => {
    const pool = new ShardWorkers({ store, handle, slots: 2, pollMs: 20, watchMs: 50, ...options });
    pools.push(pool);
    pool.start();
    return pool;
  };
  const complete = (shard: HeldShard): Promise<void> =>
    shard.complete({ position: null, ledger: { done: 1 } }, { onLast: async () => undefined });
  const allDone = async (): Promise<boolean> => {
    const summary = await store.summary('r');
    return summary !== null && summary.shardsDone === summary.shardsTotal;
  };

  it('shares the work between two pools, each shard done once', async () => {
    await addRun('r', 12);
    const by: Record<string, number> = { a: 0, b: 0 };
    for (const name of ['a', 'b']) {
      startPool(async (shard) => {
        by[name] = (by[name] ?? 0) + 1;
        await until(() => (by.a ?? 0) > 0 && (by.b ?? 0) > 0);
        await complete(shard);
      });
    }
    await until(allDone);
    expect((await store.summary('r'))?.ledger).toEqual({ done: 12 });
    expect(Object.values(by).reduce((sum, count) => sum + count)).toBe(12);
  });

  it('keeps a lease that outlasts its length', async () => {
    await addRun('r', 1);
    const startedMs = performance.now();
    let claims = 0;
    const handle = async (shard: HeldShard): Promise<void> => {
      claims += 1;
      await until(() => performance.now() - startedMs > 2_500);
      await complete(shard);
    };
    startPool(handle);
    startPool(handle);
    await until(allDone);
    expect(claims).toBe(1);
  });

  it('aborts the handler whose shard was taken, and the taker finishes it', async () => {
    await addRun('r', 1);
    const aborted: string[] = [];
    startPool(async (shard) => {
      const code = abortOf(shard);
      // Another worker takes it over, as after a pause of this process longer than the lease.
      await database.query(`UPDATE shard SET epoch = epoch + 1, worker_id = 'other' WHERE shard_id = $1`, [shard.claim.shardId]);
      aborted.push(await code);
    });
    await until(() => aborted.length === 1);
    expect(aborted).toEqual(['SHARD_LEASE_LOST']);
    expect((await store.watch(['r']))[0]?.workers).toBe(1);
  });

  it('stops trusting a lease while the database does not answer', async () => {
    await addRun('r', 1);
    let code: string | undefined;
    const hanging = new ShardStore(database, { leaseMs: 900 });
    let answer: () => void = () => undefined;
    hanging.renew = () => new Promise((resolve) => (answer = () => resolve(new Set())));
    const pool = new ShardWorkers({
      store: hanging,
      handle: async (shard) => {
        code ??= await abortOf(shard);
      },
      slots: 1,
      pollMs: 20,
      watchMs: 50,
    });
    pool.start();
    await until(() => code !== undefined);
    answer();
    await pool.stop();
    expect(code).toBe('SHARD_LEASE_LOST');
  });

  it('hands shards back at once when the run is paused, and goes on after it is resumed', async () => {
    await addRun('r', 1);
    const codes: string[] = [];
    let paused = false;
    startPool(async (shard) => {
      if (paused) return complete(shard);
      codes.push(await abortOf(shard));
      await shard.checkpoint({ position: 'here', ledger: {} });
    });
    await until(async () => (await store.pendingShards()) === 0);
    paused = true;
    await database.transaction((tx) => store.setRunState(tx, 'r', 'paused'));
    await until(() => codes.length === 1);
    expect(codes).toEqual(['SHARD_HANDED_BACK']);
    await until(async () => (await database.query(`SELECT 1 FROM shard WHERE state = 'pending'`)).length === 1);
    await database.transaction((tx) => store.setRunState(tx, 'r', 'active'));
    await until(allDone);
  });

  it('hands shards back on a graceful stop', async () => {
    await addRun('r', 1);
    let started = false;
    const pool = startPool(async (shard) => {
      started = true;
      await abortOf(shard);
    });
    await until(() => started);
    await pool.stop();
    expect(await store.pendingShards()).toBe(1);
  });

  it('lets a handler that asks for it end what is in flight on a graceful stop, for a while', async () => {
    await addRun('r', 2);
    const told: string[] = [];
    const handled = new Set<unknown>();
    const pool = startPool(
      async (shard) => {
        const { range } = shard.claim;
        handled.add(range);
        await new Promise<void>((resolve) => {
          shard.onWindDown(({ code }) => {
            told.push(code);
            // One ends by itself; the other would never end.
            if (range === 0) resolve();
          });
          shard.signal.addEventListener('abort', () => resolve());
        });
        if (!shard.signal.aborted) await complete(shard);
      },
      { windDownMs: 100 },
    );
    await until(() => handled.size === 2);
    await pool.stop();
    expect(told).toEqual(['SHARD_HANDED_BACK', 'SHARD_HANDED_BACK']);
    expect(await store.summary('r')).toMatchObject({ ledger: { done: 1 }, shardsDone: 1, shardsTotal: 2 });
    expect(await store.pendingShards()).toBe(1);
  });

  it('puts a shard back with a backoff when its handler throws, and tells why', async () => {
    await addRun('r', 1);
    const errors: string[] = [];
    let attempts = 0;
    startPool(
      async (shard) => {
        attempts += 1;
        if (attempts === 1) throw new Error('first time');
        expect(shard.claim.attempts).toBe(1);
        await complete(shard);
      },
      { onError: (error) => errors.push((error.cause as Error).message) },
    );
    await until(allDone);
    expect({ errors, attempts }).toEqual({ errors: ['first time'], attempts: 2 });
  });
});
