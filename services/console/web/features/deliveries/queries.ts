import { keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query';
import type { operations, Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import { useReadAnew, type AlertScope } from '../alerts/scope';

export type Delivery = Schema<'NotificationDelivery'>;
export type DeliveriesWanted = NonNullable<operations['listNotificationDeliveries']['parameters']['query']>;

const WATCHED_MS = 5_000;

/** One page of what was sent, the newest first, with every attempt. */
export const deliveriesQuery = ({ api, ws, key }: AlertScope, query: DeliveriesWanted) =>
  queryOptions({
    queryKey: ['deliveries', key, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/notification-deliveries', { params: { path: { ws }, query }, signal })),
    refetchInterval: WATCHED_MS,
    placeholderData: keepPreviousData,
  });

export function useResend(scope: AlertScope) {
  const { api, ws } = scope;
  const onSuccess = useReadAnew(scope, 'deliveries');
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(api.POST('/v1/workspaces/{ws}/notification-deliveries/{id}/retry', { params: { path: { ws, id } } })),
    onSuccess,
  });
}
