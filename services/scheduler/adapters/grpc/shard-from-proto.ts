import type { migratorV1 } from '@smartant/contracts';
import { SHARD_STATES, type Shard, type ShardMap, type ShardState } from '../../application/migrations/shard-use-cases';

export function shardMapFromProto({ runId, ...map }: migratorV1.MapShardsResponse): ShardMap {
  return { ...map, runId: runId || null };
}

export function shardFromProto({ holder, leaseUntil, lastError, notBefore, finishedAt, state, ...shard }: migratorV1.Shard): Shard {
  return {
    ...shard,
    state: stateOf(state),
    holder: holder || null,
    leaseUntil: leaseUntil || null,
    lastError: lastError ? { code: lastError.code, message: lastError.message, hint: lastError.hint } : null,
    notBefore: notBefore || null,
    finishedAt: finishedAt || null,
  };
}

/** One that a newer migrator knows is some way of waiting. */
const stateOf = (state: string): ShardState => SHARD_STATES.find((known) => known === state) ?? 'waiting';
