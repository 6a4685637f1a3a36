import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from './scope';

export type Alert = Schema<'Alert'>;
export type AlertsWanted = NonNullable<operations['listAlerts']['parameters']['query']>;

const WATCHED_MS = 5_000;

/** One page of alerts, the newest first. */
export const alertsQuery = ({ api, ws, key }: AlertScope, query: AlertsWanted) =>
  queryOptions({
    queryKey: ['alerts', key, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/alerts', { params: { path: { ws }, query }, signal })),
    refetchInterval: WATCHED_MS,
    placeholderData: keepPreviousData,
  });

export const alertQuery = ({ api, ws, key }: AlertScope, id: string) =>
  queryOptions({
    queryKey: ['alerts', key, 'one', id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/alerts/{id}', { params: { path: { ws, id } }, signal })),
    refetchInterval: WATCHED_MS,
  });

export function useAcknowledge(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'alerts');
  return useMutation({
    mutationFn: ({ id, comment }: { id: string; comment: string }) =>
      answerOf(
        api.POST('/v1/workspaces/{ws}/alerts/{id}/acknowledge', {
          params: { path: { ws, id } },
          body: comment === '' ? {} : { comment },
        }),
      ),
    onSuccess,
  });
}
