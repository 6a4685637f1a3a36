// Our engine, driven as a migrator drives it. Its jobs are shards of one run for each migration.
import { createRequire } from 'node:module';
import { addFinished, fill } from '../claims/shards.mjs';

const require = createRequire(import.meta.url);
const { openDatabase } = require('../../libs/platform/dist/postgres');
const { ShardStore, ShardWorkers, shardMigrations } = require('../../libs/shards/dist');

const done = { position: null, ledger: { copiedObjects: 1, copiedBytes: 10 } };
const open = (url, name, poolSize) => openDatabase({ url, schema: 'work', migrations: shardMigrations(), applicationName: name, poolSize });

export const settings = {
  default: { options: {}, says: 'lease 9 s' },
  tuned: { options: { leaseMs: 3_000 }, says: 'lease 3 s' },
};

export async function connect({ url, name, connections }) {
  const database = await open(url, name, connections);
  const store = new ShardStore(database, { leaseMs: 600_000 });
  return {
    fill: (shards, { workspaces = 20, migrations = 5 } = {}) => fill(database, { workspaces, migrations, shards }),
    addFinished: (count) => addFinished(database, count),
    claim: (count) => store.claim(name, count),
    complete: (claim) => store.complete(claim, done, { onLast: async () => {} }),
    forget: (claims) => database.query('DELETE FROM shard WHERE shard_id = ANY ($1)', [claims.map(({ shardId }) => shardId)]),
    /** Lets whoever holds a job pass for dead. */
    abandon: () => database.query(`UPDATE shard SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'leased'`),
    close: () => database.close(),
  };
}

/** Completes for a holder whose job was claimed by another one meanwhile; resolves with what came of it. */
export async function staleCompletion(engine) {
  await engine.fill(1, { workspaces: 1, migrations: 1 });
  const [stale] = await engine.claim(1);
  await engine.abandon();
  await engine.claim(1);
  return engine.complete(stale).then(
    () => 'accepted',
    (error) => `refused (${error.code})`,
  );
}

/** A process that works on whatever there is: `write` is called again and again, as long as the engine lets it. */
export async function work({ url, name, setting, write }) {
  const database = await open(url, name, 4);
  const workers = new ShardWorkers({
    store: new ShardStore(database, settings[setting].options),
    slots: 1,
    openSession: () => database.openSession(),
    handle: async (shard) => {
      for (;;) {
        shard.assertFresh();
        await write();
      }
    },
  });
  workers.start();
}
