import type { KeyRange } from '@smartant/connectors';
import type { RunEvents } from '@smartant/runs';
import type { HeldShard, ShardStore } from '@smartant/shards';
import type { Observer } from '../ports/observer';
import type { Stores, Tx, UnitOfWork } from '../ports/stores';
import type { RunContext } from '../runs/run-context';

/** What every stage works with. */
export interface StageTools {
  unitOfWork: UnitOfWork;
  stores: Stores;
  shards: ShardStore;
  observer: Observer;
  events: RunEvents;
  /** Adds the shards of the stage after this one, or ends the run; runs in the transaction of a stage's last shard. */
  advance: (tx: Tx, context: RunContext, finished: string) => Promise<void>;
}

/** One shard of one stage, worked on by this process. */
export type StageWork = (shard: HeldShard, context: RunContext, tools: StageTools) => Promise<void>;

/** Of a sync, delete or verify shard. */
export interface RangePosition {
  /** Everything up to this key is settled. */
  through?: string;
}

/** What is left of a shard's range. */
export function remainingRange(shard: HeldShard): KeyRange {
  const range = (shard.claim.range ?? {}) as KeyRange;
  const position = shard.claim.position as RangePosition | null;
  return { after: position?.through ?? range.after, through: range.through };
}
