import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client';

const WATCHED_MS = 3_000;

export interface MigrationsPage {
  pageToken?: string;
  pageSize: number;
}

/** One page of the workspace's migrations, the newest first. */
export const migrationsQuery = (ws: string, query: MigrationsPage) =>
  queryOptions({
    queryKey: ['migrations', ws, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/migrations', { params: { path: { ws }, query }, signal })),
    refetchInterval: WATCHED_MS,
    placeholderData: keepPreviousData,
  });
