import { SmartantError } from '@smartant/kernel';
import { openDatabase, type Database } from '@smartant/platform/postgres';
import { HeldShard, shardMigrations, ShardStore } from '@smartant/shards';
import { freshDatabase } from '@smartant/test-servers';
import { TransferMeter } from '@smartant/runs';
import type { RunContext } from '../runs/run-context';
import { RangeWalk, type RangeWalkOptions } from './range-walk';

const context = { enter: async () => () => undefined, meter: new TransferMeter() } as unknown as RunContext;

async function until(condition: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !condition() && Date.now() < endMs;) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('RangeWalk', () => {
  let database: Database;
  let store: ShardStore;
  beforeAll(async () => {
    const url = await freshDatabase('walk');
    database = await openDatabase({ url, schema: 'work', migrations: shardMigrations(), applicationName: 'test' });
    store = new ShardStore(database);
  });
  afterAll(() => database.close());

  async function heldShard(runId: string): Promise<HeldShard> {
    await database.transaction(async (tx) => {
      await store.addRun(tx, { runId, migrationId: runId, workspaceId: 'w', settings: null });
      await store.addShards(tx, runId, [{ kind: 'sync', ordinal: 0, range: null }]);
    });
    const [claim] = await store.claim('worker');
    if (!claim) throw new Error('nothing to claim');
    return new HeldShard(claim, store, performance.now());
  }

  const walkOf = (shard: HeldShard, more: Partial<RangeWalkOptions<string>> = {}) =>
    new RangeWalk<string>({ shard, context, save: (through) => ({ position: { through } }), checkpointMs: 10, ...more });

  it('never moves past what a failed save took from the frontier', async () => {
    const shard = await heldShard('r1');
    let saves = 0;
    const failing = async (): Promise<void> => {
      throw new SmartantError('DATABASE_UNAVAILABLE', 'gone for a moment', { kind: 'unavailable', retry: { kind: 'backoff' } });
    };
    const walk = walkOf(shard, {
      save: (through) => {
        saves += 1;
        return { position: { through }, also: saves === 2 ? failing : undefined };
      },
    });
    const walked = walk.finish(async (signal) => {
      for (const [index, key] of ['a', 'b', 'c'].entries()) {
        await walk.pass(key, { deleteCandidates: 1 });
        await until(() => saves > index || signal.aborted);
      }
    });
    await expect(walked).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await shard.release();
    const [heir] = await store.claim('heir');
    // Whatever the position passes is in the ledger, or its deletes and differences would be forgotten.
    expect(heir?.position).toEqual({ through: 'a' });
    expect((await store.summary('r1'))?.ledger).toMatchObject({ deleteCandidates: 1 });
  });

  it('begins no unit once the process stops, and lets those in flight come to their end', async () => {
    const shard = await heldShard('r3');
    const walk = walkOf(shard, { checkpointMs: 60_000 });
    const begun: string[] = [];
    let end: () => void = () => undefined;
    let unitSignal: AbortSignal | undefined;
    const walked = walk.finish(async (signal) => {
      for (const key of ['a', 'b']) {
        await walk.run(key, (ofUnit) => {
          begun.push(key);
          unitSignal = ofUnit;
          return new Promise((resolve) => (end = () => resolve({ delta: { copiedObjects: 1 } })));
        });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
    });
    await until(() => begun.length === 1);
    shard.windDown(60_000);
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(unitSignal?.aborted).toBe(false);
    end();
    await expect(walked).rejects.toMatchObject({ code: 'SHARD_HANDED_BACK' });
    expect(begun).toEqual(['a']);
    await shard.release();
    // What came to its end is nobody's work any more.
    const [heir] = await store.claim('heir');
    expect(heir?.position).toEqual({ through: 'a' });
    expect((await store.summary('r3'))?.ledger).toMatchObject({ copiedObjects: 1 });
  });

  it('holds a bounded number of units that need no work while one before them takes long', async () => {
    const shard = await heldShard('r2');
    const walk = walkOf(shard);
    let passed = 0;
    let finish: () => void = () => undefined;
    const walked = walk.finish(async () => {
      await walk.run('a', () => new Promise((resolve) => (finish = () => resolve({ delta: {} }))));
      for (let index = 0; index < 30_000; index += 1) {
        await walk.pass(`b${String(index).padStart(5, '0')}`, {}, ['note']);
        passed += 1;
      }
    });
    await until(() => passed > 19_900);
    const held = passed;
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect([passed, held < 20_100]).toEqual([held, true]);
    await walked;
    expect(passed).toBe(30_000);
  });
});
