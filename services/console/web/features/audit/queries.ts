import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

export type AuditEntry = Schema<'AuditEntry'>;
export type AuditPageWanted = NonNullable<operations['listAuditEntries']['parameters']['query']>;

/** One page of what was done, the newest first: in a workspace, or everywhere for administrators (`ws` null). */
export const auditQuery = (ws: string | null, query: AuditPageWanted) =>
  queryOptions({
    queryKey: ['audit', ws, query],
    queryFn: ({ signal }) =>
      answerOf(
        ws === null
          ? api.GET('/v1/audit', { params: { query }, signal })
          : api.GET('/v1/workspaces/{ws}/audit', { params: { path: { ws }, query }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
