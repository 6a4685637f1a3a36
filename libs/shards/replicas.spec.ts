import { freshDatabase } from '@smartant/test-servers';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { nothing, until } from './fixtures/shard-rig';
import type { HeldShard } from './held-shard';
import type { Claim } from './shard';
import { shardMigrations } from './shard-migrations';
import { ShardStore } from './shard-store';
import { ShardWorkers, type ShardWorkersOptions } from './shard-workers';

const codeOf = (shard: HeldShard): string | undefined => (shard.signal.reason as { code: string } | undefined)?.code;
const aborted = (shard: HeldShard): Promise<void> =>
  shard.signal.aborted ? Promise.resolve() : new Promise((resolve) => shard.signal.addEventListener('abort', () => resolve()));

/** Replicas: pools with connections of their own, which meet in the database only. */
describe('shard workers in several replicas', () => {
  let url: string;
  let control: Database;
  let store: ShardStore;
  const opened: Database[] = [];
  const pools: ShardWorkers[] = [];

  const open = async (applicationName: string): Promise<Database> => {
    const database = await openDatabase({ url, schema: 'work', migrations: shardMigrations(), applicationName });
    opened.push(database);
    return database;
  };
  beforeAll(async () => {
    url = await freshDatabase('replicas');
  });
  beforeEach(async () => {
    control = await open('control');
    await control.query('TRUNCATE shard, shard_run, finished_shard, shard_zombie, shard_worker');
    store = new ShardStore(control);
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.stop()));
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  const addRun = (runId: string, shards: number): Promise<void> =>
    control.transaction(async (tx) => {
      await store.addRun(tx, { runId, migrationId: 'm', workspaceId: 'w', settings: { speed: 1 } });
      const list = Array.from({ length: shards }, (_, ordinal) => ({ kind: 'copy', ordinal, range: ordinal }));
      await store.addShards(tx, runId, list);
    });
  const replica = async (
    name: string,
    handle: ShardWorkersOptions['handle'],
    { leaseMs = 600_000, ...options }: Partial<ShardWorkersOptions> & { leaseMs?: number } = {},
  ): Promise<ShardWorkers> => {
    const database = await open(name);
    const pool = new ShardWorkers({ store: new ShardStore(database, { leaseMs }), handle, slots: 1, pollMs: 20, watchMs: 20, ...options });
    pools.push(pool);
    pool.start();
    return pool;
  };
  const done = (shard: HeldShard): Promise<void> => shard.complete({ position: null, ledger: {} }, { onLast: nothing });
  const leased = async (): Promise<number> => (await control.query(`SELECT 1 FROM shard WHERE state = 'leased'`)).length;
  const allDone = async (): Promise<boolean> => (await store.summary('r'))?.shardsDone === (await store.summary('r'))?.shardsTotal;
  /** Only a notification can tell it of a change before this test's time is over. */
  const deaf = { pollMs: 3_600_000, watchMs: 3_600_000 };
  const listening = async (count: number): Promise<boolean> =>
    (await control.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`)).length === count;

  it('pauses, resumes and ends at once in every replica by notification', async () => {
    const heard: { name: string; code: string | undefined }[] = [];
    let settings: unknown;
    for (const name of ['a', 'b']) {
      const database = await open(`${name}-pool`);
      const handle = async (shard: HeldShard): Promise<void> => {
        await aborted(shard);
        heard.push({ name, code: codeOf(shard) });
      };
      await replica(name, handle, {
        ...deaf,
        openSession: () => database.openSession(),
        onRunSignal: (signal) => (settings = signal.settings),
      });
    }
    await until(() => listening(2));
    await addRun('r', 2);
    await until(async () => (await leased()) === 2);
    await control.transaction((tx) => store.setSettings(tx, 'r', { speed: 2 }));
    await until(() => (settings as { speed: number } | undefined)?.speed === 2);
    const change = (state: 'paused' | 'active' | 'ended') => control.transaction((tx) => store.setRunState(tx, 'r', state));
    await change('paused');
    await until(() => heard.length === 2);
    await until(async () => (await leased()) === 0);
    await change('active');
    await until(async () => (await leased()) === 2);
    await change('ended');
    await until(() => heard.length === 4);
    expect(heard.map(({ code }) => code)).toEqual(['SHARD_HANDED_BACK', 'SHARD_HANDED_BACK', 'SHARD_LEASE_LOST', 'SHARD_LEASE_LOST']);
    expect(new Set(heard.map(({ name }) => name)).size).toBe(2);
  });

  it('hears of changes by looking, while its notifications are away, and listens again', async () => {
    const database = await open('listener');
    let code: string | undefined;
    const handle = async (shard: HeldShard): Promise<void> => {
      await aborted(shard);
      code = codeOf(shard);
    };
    const errors: unknown[] = [];
    let refuse = false;
    const openSession = () => (refuse ? Promise.reject(new Error('no connection')) : database.openSession());
    await replica('a', handle, { openSession, onError: (error) => errors.push(error.cause) });
    await until(() => listening(1));
    refuse = true;
    await control.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
    );
    await until(() => errors.length > 0);
    await addRun('r', 1);
    await until(async () => (await leased()) === 1);
    await control.transaction((tx) => store.setRunState(tx, 'r', 'paused'));
    await until(() => code === 'SHARD_HANDED_BACK');
    refuse = false;
    await until(() => listening(1));
  });

  it('tells of idle workers only while nothing waits for them, and splits a slow shard among them', async () => {
    await addRun('r', 1);
    const by = new Set<string>();
    const ranges: unknown[] = [];
    let asked = 0;
    const handle =
      (name: string) =>
      async (shard: HeldShard): Promise<void> => {
        by.add(name);
        if (shard.claim.range === 0) {
          shard.onHelpWanted(() => (asked += 1));
          await until(() => shard.helpWanted);
          await shard.split('first half', 'second half');
          // Both halves are under way at once.
          await until(() => by.size === 2);
        }
        ranges.push(shard.claim.range);
        await done(shard);
      };
    await replica('a', handle('a'), { splitEveryMs: 0 });
    await replica('b', handle('b'), { splitEveryMs: 0 });
    await until(allDone);
    expect(asked).toBeGreaterThan(0);
    expect(ranges.sort()).toEqual([0, 'second half']);
    expect((await store.finished(control, 'r', 'copy')).map(({ range }) => range)).toEqual(['first half', 'second half']);
  });

  it('knows the slots of live replicas, and no longer those of one that has stopped or died', async () => {
    await addRun('r', 2);
    const [claim] = await store.claim('me');
    const idle = async (): Promise<number | undefined> => (await store.watch(['r']))[0]?.idleSlots;
    const pool = await replica('a', (shard) => aborted(shard), { slots: 3 });
    expect(await idle()).toBe(0);
    await until(async () => (await idle()) === 2);
    await store.release(claim as Claim);
    await until(async () => (await idle()) === 1);
    await pool.stop();
    expect(await control.query('SELECT 1 FROM shard_worker')).toEqual([]);
    await store.claim('me', 2);
    await store.beat('dead', 4, 0);
    expect(await idle()).toBe(4);
    await control.query(`UPDATE shard_worker SET seen_at = seen_at - interval '6 s'`);
    expect(await idle()).toBe(0);
  });

  it('takes the shard of a dead replica over, well within 15 s of its death by default', async () => {
    await addRun('r', 1);
    let alive = true;
    const database = await open('mortal');
    const cut = <T>(work: () => Promise<T>): Promise<T> => (alive ? work() : Promise.reject(new Error('dead')));
    const mortal = new ShardStore(
      {
        query: (sql, params) => cut(() => database.query(sql, params)),
        transaction: (work) => cut(() => database.transaction(work)),
      },
      { leaseMs: 900 },
    );
    const dying = new ShardWorkers({ store: mortal, handle: (shard) => aborted(shard), slots: 1, pollMs: 20, watchMs: 20 });
    pools.push(dying);
    dying.start();
    await until(async () => (await leased()) === 1);
    alive = false;
    const claims: Claim[] = [];
    const heir = async (shard: HeldShard): Promise<void> => {
      claims.push(shard.claim);
      await done(shard);
    };
    await replica('heir', heir, { leaseMs: 900 });
    await until(allDone);
    expect(claims).toMatchObject([{ takenOver: true, takeovers: 1, epoch: 2 }]);
    // Its lease, one look for work, and what the clock of a busy machine may add.
    expect(new ShardStore(control).leaseMs + 500).toBeLessThan(10_000);
  });

  it('gives a shard that kills its workers up instead of handing it to one more', async () => {
    await addRun('r', 1);
    await store.claim('victim');
    await control.query(`UPDATE shard SET takeovers = 3, lease_until = clock_timestamp() - interval '1 hour'`);
    const poisoned: number[] = [];
    let handled = 0;
    const onPoisoned = async (shard: HeldShard): Promise<void> => {
      poisoned.push(shard.claim.takeovers);
      await control.transaction((tx) => store.setRunState(tx, 'r', 'ended'));
    };
    await replica('a', async () => void (handled += 1), { maxTakeovers: 3, onPoisoned });
    await until(() => poisoned.length > 0);
    expect({ poisoned, handled }).toEqual({ poisoned: [4], handled: 0 });
  });

  it('keeps no transaction open, and so no lock, while a handler works', async () => {
    await addRun('r', 1);
    let looked = false;
    await replica('worker', async (shard) => {
      await shard.checkpoint({ position: 1, ledger: {} });
      // What polls and beats beside it is over in a moment; a lock held by the claim or the checkpoint would not be.
      await until(async () => {
        const open = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'worker' AND backend_xid IS NOT NULL`;
        return (await control.query(open)).length === 0;
      });
      await control.query(`SELECT 1 FROM shard, shard_run FOR UPDATE NOWAIT`);
      looked = true;
      await done(shard);
    });
    await until(() => looked);
    await until(allDone);
  });

  it('forgets finished shards some time after their run has ended, and keeps its counters', async () => {
    for (const run of ['old', 'recent', 'active']) {
      await addRun(run, 3);
      for (const claim of await store.claim('a', 3))
        await store.complete(claim, { position: null, ledger: { copied: 1 } }, { onLast: nothing });
      if (run !== 'active') await control.transaction((tx) => store.setRunState(tx, run, 'ended'));
    }
    await control.query(`UPDATE shard_run SET ended_at = ended_at - interval '8 days' WHERE run_id = 'old'`);
    const week = 7 * 24 * 3_600_000;
    expect([await store.sweep(week, 2), await store.sweep(week, 2), await store.sweep(week, 2)]).toEqual([2, 1, 0]);
    expect(await control.query('SELECT run_id AS run, count(*)::int FROM finished_shard GROUP BY run_id ORDER BY 1')).toEqual([
      { run: 'active', count: 3 },
      { run: 'recent', count: 3 },
    ]);
    expect(await store.summary('old')).toMatchObject({ ledger: { copied: 3 }, shardsDone: 3, shardsTotal: 3 });
  });
});
