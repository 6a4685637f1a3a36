import { freshDatabase } from '@smartant/test-servers';
import { openDatabase } from '@smartant/platform/postgres';
import { shardMigrations } from './shard-migrations';
import { ShardStore } from './shard-store';

describe('shardMigrations', () => {
  it('takes a run that was under way in the first version of the tables on', async () => {
    const url = await freshDatabase('upgrade');
    const open = (migrations = shardMigrations()) => openDatabase({ url, schema: 'work', migrations, applicationName: 'upgrade' });
    const before = await open(shardMigrations().slice(0, 1));
    await before.query(`
      INSERT INTO shard_run (run_id, migration_id, ledger) VALUES ('r', 'm', '{"copied": 2}');
      INSERT INTO shard_run (run_id, migration_id, state) VALUES ('over', 'm', 'ended');
      INSERT INTO shard (shard_id, run_id, migration_id, kind, ordinal, range, state, epoch, lease_until, ledger) VALUES
        ('s2', 'r', 'm', 'sync', 1, '"second"', 'done', 1, NULL, '{"copied": 1}'),
        ('s1', 'r', 'm', 'sync', 0, '"first"', 'done', 1, NULL, '{"copied": 1}'),
        ('s3', 'r', 'm', 'sync', 2, '"third"', 'pending', 2, NULL, '{}'),
        ('s4', 'r', 'm', 'sync', 3, '"fourth"', 'leased', 1, clock_timestamp() - interval '1 s', '{}'),
        ('s5', 'over', 'm', 'sync', 0, '"gone"', 'cancelled', 1, NULL, '{}');
    `);
    await before.close();
    const database = await open();
    try {
      const store = new ShardStore(database);
      expect(await store.summary('r')).toEqual({ runId: 'r', state: 'active', ledger: { copied: 2 }, shardsTotal: 4, shardsDone: 2 });
      expect((await store.finished(database, 'r', 'sync')).map(({ range }) => range)).toEqual(['first', 'second']);
      const claims = await store.claim('a', 5);
      expect(claims.map(({ shardId, epoch, takenOver }) => ({ shardId, epoch, takenOver }))).toEqual([
        { shardId: 's4', epoch: 2, takenOver: true },
        { shardId: 's3', epoch: 3, takenOver: false },
      ]);
      let last = 0;
      for (const claim of claims)
        await store.complete(claim, { position: null, ledger: { copied: 1 } }, { onLast: async () => void (last += 1) });
      expect(last).toBe(1);
      expect(await store.summary('r')).toMatchObject({ ledger: { copied: 4 }, shardsDone: 4 });
      expect(await store.summary('over')).toMatchObject({ state: 'ended', shardsTotal: 0 });
      await database.transaction((tx) => store.forgetMigration(tx, 'm'));
      expect(await database.query('SELECT 1 FROM finished_shard')).toEqual([]);
    } finally {
      await database.close();
    }
  });
});
