import type { migratorV1 } from '@smartant/contracts';
import { SHARD_STATES, type ShardState, type ShardView } from '@smartant/shards';
import { invalid } from './request-invalid';

/** What a cell's bytes are made of, whatever kind of migration it is of. */
export const BYTE_COUNTERS = ['copiedBytes', 'appliedBytes', 'verifiedBytes'];

const DEFAULT_CELLS = 400;
const MOST_CELLS = 2_000;
const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 200;

export const cellsOf = (cells: number) => Math.min(cells || DEFAULT_CELLS, MOST_CELLS);
export const shardsOf = (pageSize: number) => Math.min(pageSize || DEFAULT_PAGE, LARGEST_PAGE);

/** Empty: all. Raises REQUEST_INVALID. */
export function shardStateFromProto(state: string): ShardState | '' {
  if (state === '' || SHARD_STATES.includes(state as ShardState)) return state as ShardState | '';
  throw invalid('state');
}

export function shardToProto({ holder, leaseUntil, lastError, notBefore, finishedAt, ...shard }: ShardView): migratorV1.Shard {
  return {
    ...shard,
    holder: holder ?? '',
    leaseUntil: timeText(leaseUntil),
    lastError: lastError ? { ...lastError, hint: lastError.hint ?? '', retryable: true } : undefined,
    notBefore: timeText(notBefore),
    finishedAt: timeText(finishedAt),
  };
}

const timeText = (time: Date | null) => time?.toISOString() ?? '';
