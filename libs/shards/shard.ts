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
  /** Whose it is: workspaces share the workers equally. */
  workspaceId: string;
  /** Among the runs of a workspace: 1 (low) … 9 (high), 5 when absent. Lower ones wait longer, but never for ever. */
  priority?: number;
  /** What workers must know while they work, for example limits; opaque here, heard within about a second of a change. */
  settings: Json;
}

export interface NewShard {
  /** Names the handler, for example "sync". */
  kind: string;
  /** Shards of a run are claimed in this order. */
  ordinal: number;
  range: Json;
  /** False when its handler only reads, so that nothing of it can land late at the target; true when absent. */
  writes?: boolean;
}

/** When shards that are added may be claimed. */
export interface AddShardsOptions {
  /**
   * Not before the last moment at which a write of a former holder could still land at the migration's target: for stages
   * that verify what the target has, or delete from it.
   */
  afterZombies?: boolean;
}

/** A shard held under a lease: the right to write its checkpoint, until a higher epoch was given out. */
export interface Claim {
  readonly shardId: string;
  readonly runId: string;
  readonly migrationId: string;
  readonly workspaceId: string;
  readonly kind: string;
  readonly ordinal: number;
  readonly range: Json;
  /** Where the last checkpoint stands; null before the first. */
  readonly position: Json;
  /** Fences writes: grows by one with each claim. */
  readonly epoch: number;
  /** Failures in a row since the last checkpoint. */
  readonly attempts: number;
  /** How often its holders let the lease run out since the last checkpoint, the last time included. */
  readonly takeovers: number;
  /** For how long it has been failing without a checkpoint; 0 when it has not. */
  readonly failingForMs: number;
  /** True when its former holder let the lease run out. */
  readonly takenOver: boolean;
  /** Whether its handler writes to the target. */
  readonly writes: boolean;
}

export interface Checkpoint {
  position: Json;
  /** What was added since the last checkpoint. */
  ledger: LedgerCounters;
}

export interface ShardError {
  code: string;
  message: string;
  /** What to do about it. */
  hint?: string;
}

/** What a worker hears about a run of which it holds shards. */
export interface RunSignal {
  runId: string;
  state: RunState;
  settings: Json;
  /** True outside the windows of its calendar: held shards are handed back, and none is claimed before it opens. */
  closed: boolean;
  /** Worker processes that hold shards of it now, at least 1: limits are divided by it. */
  workers: number;
  /** Slots of live worker processes that have nothing to do; 0 while a shard of the run waits that could fill them. */
  idleSlots: number;
}

export interface RunSummary {
  runId: string;
  state: RunState;
  ledger: LedgerCounters;
  shardsTotal: number;
  shardsDone: number;
}
