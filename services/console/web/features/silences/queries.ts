import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import type { AlertScope } from '../alerts/scope';

export type Silence = Schema<'AlertSilence'>;
export type SilenceInput = Schema<'AlertSilenceInput'>;
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
function useSeenAnew({ key }: AlertScope) {
  const client = useQueryClient();
  return () =>
    Promise.all([client.invalidateQueries({ queryKey: ['silences', key] }), client.invalidateQueries({ queryKey: ['alerts', key] })]);
}

export function useSilence(scope: AlertScope) {
  const onSuccess = useSeenAnew(scope);
  const { api, ws } = scope;
  return useMutation({
    mutationFn: ({ requestId, ...body }: SilenceInput & { requestId: string }) =>
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
