export * from './gate';
export * from './held-shard';
export * from './lease-errors';
export * from './ledger';
export * from './shard';
export * from './shard-migrations';
export * from './shard-store';
export { ShardWorkers, shardRetryDelayMs, type ShardWorkersOptions } from './shard-workers';
export * from './throttle';
