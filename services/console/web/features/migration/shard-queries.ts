import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

export type Shard = Schema<'Shard'>;
export type ShardState = Shard['state'];
export const SHARD_STATES: readonly ShardState[] = ['waiting', 'working', 'retrying', 'abandoned', 'done'];

/** Of each stage: as many as a wide screen shows without becoming a wall. */
const CELLS = 360;
const PAGE_SIZE = 20;
const LIVE_MS = 4_000;
const MANY = 20_000;
const MANY_MS = 15_000;

/** The latest run that has had shards. */
export const shardMapQuery = (ws: string, id: string, isLive: boolean) =>
  queryOptions({
    queryKey: ['shard-map', ws, id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/v1/workspaces/{ws}/migrations/{id}/shard-map', { params: { path: { ws, id }, query: { cells: CELLS } }, signal })),
    // The more there are, the longer the migrator's database looks at them.
    refetchInterval: ({ state }) => isLive && ((state.data?.shardsTotal ?? 0) > MANY ? MANY_MS : LIVE_MS),
  });

/** Shards one by one, from a cell on or from the first, in one state or all. */
export const shardsQuery = (ws: string, id: string, wanted: { runId?: string; state?: ShardState; from?: string }) =>
  infiniteQueryOptions({
    queryKey: ['shards', ws, id, wanted],
    initialPageParam: wanted.from,
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/v1/workspaces/{ws}/migrations/{id}/shards', {
          params: { path: { ws, id }, query: { runId: wanted.runId, state: wanted.state, pageSize: PAGE_SIZE, pageToken: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: ({ nextPageToken }) => nextPageToken ?? undefined,
  });
