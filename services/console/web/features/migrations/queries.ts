import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { operations } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

const WATCHED_MS = 3_000;

export type MigrationsPage = NonNullable<operations['listMigrations']['parameters']['query']>;

/** One page of the workspace's migrations, the newest first. */
export const migrationsQuery = (ws: string, query: MigrationsPage) =>
  queryOptions({
    queryKey: ['migrations', ws, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/migrations', { params: { path: { ws }, query }, signal })),
    refetchInterval: WATCHED_MS,
    placeholderData: keepPreviousData,
  });

/** One migration, kept as it was seen last; `useMigrationWatch` keeps it fresh. */
export const migrationQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['migration', ws, id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/migrations/{id}', { params: { path: { ws, id } }, signal })),
  });
