import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf } from '../../api/client';
import type { AlertScope } from '../alerts/scope';
import type { RoutingDocument } from './routing-document';

export type Routing = Omit<Schema<'AlertRouting'>, 'document'> & { document: RoutingDocument };
export type RouteMatch = Schema<'AlertRoutingTest'>['matches'][number];

/** The API's document says that it is an object; that what it gives is a routing it has checked. */
const routingOf = ({ document, ...rest }: Schema<'AlertRouting'>): Routing => ({
  ...rest,
  document: document as unknown as RoutingDocument,
});

/** Not asked again while the page is open: somebody may be editing. A change of somebody else is refused when it is saved. */
export const routingQuery = ({ api, ws, key }: AlertScope) =>
  queryOptions({
    queryKey: ['alert-routing', key],
    queryFn: async ({ signal }) =>
      routingOf(await answerOf(api.GET('/v1/workspaces/{ws}/alert-routing', { params: { path: { ws } }, signal }))),
    refetchOnWindowFocus: false,
  });

export function useSaveRouting({ api, ws, key }: AlertScope) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ document, version }: { document: RoutingDocument; version: number }) =>
      routingOf(
        await answerOf(
          api.PUT('/v1/workspaces/{ws}/alert-routing', {
            params: { path: { ws }, header: { 'If-Match': `"${version}"` } },
            body: { document: { ...document } },
          }),
        ),
      ),
    onSuccess: (routing) => client.setQueryData(['alert-routing', key], routing),
  });
}

/** Which way an alert of these labels would take by the routing that is saved. */
export function useTestRouting({ api, ws }: AlertScope) {
  return useMutation({
    mutationFn: (body: Schema<'TestAlertRouting'>) =>
      answerOf(api.POST('/v1/workspaces/{ws}/alert-routing/test', { params: { path: { ws } }, body })),
  });
}
