import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from '../alerts/scope';

export type Silence = Schema<'AlertSilence'>;
export type SilencesWanted = NonNullable<operations['listAlertSilences']['parameters']['query']>;

const WATCHED_MS = 10_000;

/** One page of silences, the newest first. */
export const silencesQuery = ({ api, ws, key }: AlertScope, query: SilencesWanted) =>
  queryOptions({
    queryKey: ['silences', key, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/alert-silences', { params: { path: { ws }, query }, signal })),
    refetchInterval: WATCHED_MS,
    placeholderData: keepPreviousData,
  });

/** What a silence changes is seen at alerts too. */
const useSeenAnew = (scope: AlertScope) => useReadAnew(scope, 'silences', 'alerts');

export function useSilence(scope: AlertScope) {
  const onSuccess = useSeenAnew(scope);
  const { api, ws } = scope;
  return useMutation({
    mutationFn: ({ requestId, ...body }: Schema<'AlertSilenceInput'> & { requestId: string }) =>
      answerOf(
        api.POST('/v1/workspaces/{ws}/alert-silences', { params: { path: { ws }, header: { 'Idempotency-Key': requestId } }, body }),
      ),
    onSuccess,
  });
}

export function useExpire(scope: AlertScope) {
  const onSuccess = useSeenAnew(scope);
  const { api, ws } = scope;
  return useMutation({
    mutationFn: (id: string) => answerOf(api.POST('/v1/workspaces/{ws}/alert-silences/{id}/expire', { params: { path: { ws, id } } })),
    onSuccess,
  });
}
