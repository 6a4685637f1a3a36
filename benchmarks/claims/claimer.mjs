// One process of workers, as the benchmark starts several: claims (and completes) shards as fast as it can, through the same store as a migrator.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { openDatabase } = require('../../libs/platform/dist/postgres');
const { ShardStore, shardMigrations } = require('../../libs/shards/dist');

const { url, name, connections, batch, complete, seconds } = JSON.parse(process.argv[2]);
const database = await openDatabase({ url, schema: 'work', migrations: shardMigrations(), applicationName: name, poolSize: connections });
const store = new ShardStore(database, { leaseMs: 600_000 });

const done = { position: null, ledger: { copiedObjects: 1, copiedBytes: 10 } };

async function work(deadlineMs) {
  const result = { claims: 0, statements: 0, empty: 0, latenciesMs: [] };
  while (performance.now() < deadlineMs) {
    const askedMs = performance.now();
    const claims = await store.claim(name, batch);
    result.latenciesMs.push(performance.now() - askedMs);
    result.statements += 1;
    result.claims += claims.length;
    if (claims.length === 0) result.empty += 1;
    if (complete) {
      for (const claim of claims) await store.complete(claim, done, { onLast: async () => {} });
    } else {
      // As many are held at once as workers would hold, and not everything that was claimed since the start.
      await database.query('DELETE FROM shard WHERE shard_id = ANY ($1)', [claims.map(({ shardId }) => shardId)]);
    }
  }
  return result;
}

// Plans are made and connections opened before the clock starts.
await Promise.all(Array.from({ length: connections }, () => database.query('SELECT pg_sleep(0.05)')));
process.send('ready');
await new Promise((resolve) => process.once('message', resolve));
const cpuBefore = process.cpuUsage();
const results = await Promise.all(Array.from({ length: connections }, () => work(performance.now() + seconds * 1_000)));
process.send({
  claims: results.reduce((sum, { claims }) => sum + claims, 0),
  statements: results.reduce((sum, { statements }) => sum + statements, 0),
  empty: results.reduce((sum, { empty }) => sum + empty, 0),
  latenciesMs: results.flatMap(({ latenciesMs }) => latenciesMs),
  cpuSeconds: (process.cpuUsage(cpuBefore).user + process.cpuUsage(cpuBefore).system) / 1e6,
});
await new Promise((resolve) => process.once('message', resolve));
await database.close();
process.disconnect();
