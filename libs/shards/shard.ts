import type { LedgerCounters } from './ledger';

/** A value that survives JSON. A shard's range and position are such values; only its handler reads them. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * - `active`: its shards may be claimed
 * - `paused`: held shards are handed back within about a second, and none is claimed
 * - `ended`: for good
 */
export type RunState = 'active' | 'paused' | 'ended';

export interface NewShardRun {
  runId: string;
  migrationId: string;
  /** What workers must know while they work, for example limits; opaque here, heard within about a second of a change. */
  settings: Json;
}

export interface NewShard {
  /** Names the handler, for example "sync". */
  kind: string;
  /** Shards of a run are claimed in this order. */
  ordinal: number;
  range: Json;
}

/** A shard held under a lease: the right to write its checkpoint, until a higher epoch was given out. */
export interface Claim {
  readonly shardId: string;
  readonly runId: string;
  readonly migrationId: string;
  readonly kind: string;
  readonly ordinal: number;
  readonly range: Json;
  /** Where the last checkpoint stands; null before the first. */
  readonly position: Json;
  /** Fences writes: grows by one with each claim. */
  readonly epoch: number;
  /** Failures in a row since the last checkpoint. */
  readonly attempts: number;
  /** For how long it has been failing without a checkpoint; 0 when it has not. */
  readonly failingForMs: number;
  /** True when its former holder let the lease run out. */
  readonly takenOver: boolean;
}

export interface Checkpoint {
  position: Json;
  /** What was added since the last checkpoint. */
  ledger: LedgerCounters;
}

export interface ShardError {
  code: string;
  message: string;
}

/** What a worker hears about a run of which it holds shards. */
export interface RunSignal {
  runId: string;
  state: RunState;
  settings: Json;
  /** Worker processes that hold shards of it now, at least 1: limits are divided by it. */
  workers: number;
}

export interface RunSummary {
  runId: string;
  state: RunState;
  ledger: LedgerCounters;
  shardsTotal: number;
  shardsDone: number;
}
