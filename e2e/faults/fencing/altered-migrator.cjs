// The storage migrator as it is built, but with other options of its shard store, from SMARTANT_TEST_SHARD_STORE (JSON).
// For proofs that the fault suites would notice if fencing failed; nothing that ships loads this file.
const shards = require('@smartant/shards');

const altered = JSON.parse(process.env.SMARTANT_TEST_SHARD_STORE);

class AlteredShardStore extends shards.ShardStore {
  constructor(database, options) {
    super(database, { ...options, ...altered });
  }
}

// Exports of a built module are getters: the module is replaced as a whole, before the service loads it.
require.cache[require.resolve('@smartant/shards')].exports = { ...shards, ShardStore: AlteredShardStore };
require('@smartant/storage-migrator');
