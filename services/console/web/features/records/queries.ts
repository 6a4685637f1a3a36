import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

export type LogLine = Schema<'LogLine'>;
export type TraceSpan = Schema<'TraceSpan'>;
export type LogFilter = Omit<NonNullable<operations['listMigrationLogs']['parameters']['query']>, 'pageSize' | 'pageToken'>;

/** Whose lines: of one migration, of the workspace, or of the whole platform for administrators. */
export interface LogScope {
  workspace: string;
  migrationId?: string;
  isPlatform?: boolean;
}

const PAGE_SIZE = 50;
const FOLLOW_MS = 5_000;

/** Newest first. `isFollowed`: asked again and again, for what was logged meanwhile. */
export const logsQuery = (scope: LogScope, filter: LogFilter, isFollowed: boolean) =>
  infiniteQueryOptions({
    queryKey: ['logs', scope, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => answerOf(askLogs(scope, { ...filter, pageSize: PAGE_SIZE, pageToken: pageParam }, signal)),
    getNextPageParam: ({ nextPageToken }) => nextPageToken ?? undefined,
    refetchInterval: isFollowed ? FOLLOW_MS : false,
  });

function askLogs(
  { workspace: ws, migrationId, isPlatform }: LogScope,
  query: LogFilter & { pageSize: number; pageToken?: string },
  signal: AbortSignal,
) {
  if (isPlatform) return api.GET('/v1/platform/logs', { params: { query: { ...query, migrationId } }, signal });
  if (migrationId === undefined) return api.GET('/v1/workspaces/{ws}/logs', { params: { path: { ws }, query }, signal });
  return api.GET('/v1/workspaces/{ws}/migrations/{id}/logs', { params: { path: { ws, id: migrationId }, query }, signal });
}

export const traceQuery = (ws: string, traceId: string) =>
  queryOptions({
    queryKey: ['trace', ws, traceId],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/traces/{traceId}', { params: { path: { ws, traceId } }, signal })),
  });

export type UnitKind = 'object' | 'table' | 'path';

/** What happened to one object, table or file of a migration. */
export const unitTraceQuery = (ws: string, id: string, kind: UnitKind, name: string) =>
  queryOptions({
    queryKey: ['unit-trace', ws, id, kind, name],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/v1/workspaces/{ws}/migrations/{id}/trace', { params: { path: { ws, id }, query: { [kind]: name } }, signal })),
  });
