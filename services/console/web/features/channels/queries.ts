import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from '../alerts/scope';

export type Channel = Schema<'NotificationChannel'>;
export type ChannelInput = Schema<'NotificationChannelInput'>;
export type ChannelType = Schema<'NotificationChannelType'>;

const WATCHED_MS = 10_000;
/** The API's largest page; a workspace with more of them has them page by page on the command line. */
const MOST = 200;

export const channelsQuery = ({ api, ws, key }: AlertScope) =>
  queryOptions({
    queryKey: ['channels', key],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/v1/workspaces/{ws}/notification-channels', { params: { path: { ws }, query: { pageSize: MOST } }, signal })),
    refetchInterval: WATCHED_MS,
  });

/** The kinds that there are, with the JSON Schemas that forms are made of. */
export const channelTypesQuery = ({ api, ws, key }: AlertScope) =>
  queryOptions({
    queryKey: ['channel-types', key],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/notification-channel-types', { params: { path: { ws } }, signal })),
    staleTime: Infinity,
  });

/** The name of a channel by its id; undefined where it is gone, or not read yet. */
export function useChannelNames(scope: AlertScope): (id: string) => string | undefined {
  const { data } = useQuery(channelsQuery(scope));
  return (id) => data?.items.find((channel) => channel.id === id)?.name;
}

export const channelQuery = ({ api, ws, key }: AlertScope, id: string) =>
  queryOptions({
    queryKey: ['channels', key, id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/notification-channels/{id}', { params: { path: { ws, id } }, signal })),
  });

/** Makes one, or replaces the version that was read of the one that is given. What was typed into it is a secret, and kept no longer than needed. */
export function useSaveChannel(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'channels');
  return useMutation({
    mutationFn: ({ body, of, requestId }: { body: ChannelInput; of?: Pick<Channel, 'id' | 'version'>; requestId: string }) =>
      of
        ? answerOf(
            api.PUT('/v1/workspaces/{ws}/notification-channels/{id}', {
              params: { path: { ws, id: of.id }, header: { 'If-Match': `"${of.version}"` } },
              body,
            }),
          )
        : answerOf(
            api.POST('/v1/workspaces/{ws}/notification-channels', {
              params: { path: { ws }, header: { 'Idempotency-Key': requestId } },
              body,
            }),
          ),
    onSuccess,
    gcTime: 0,
  });
}

export function useRemoveChannel(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'channels');
  return useMutation({
    mutationFn: (id: string) => answerOf(api.DELETE('/v1/workspaces/{ws}/notification-channels/{id}', { params: { path: { ws, id } } })),
    onSuccess,
  });
}

export function useTestChannel(scope: AlertScope) {
  const { api, ws } = scope;
  const onSettled = useReadAnew(scope, 'channels');
  return useMutation({
    mutationFn: (id: string) => answerOf(api.POST('/v1/workspaces/{ws}/notification-channels/{id}/test', { params: { path: { ws, id } } })),
    onSettled,
  });
}
