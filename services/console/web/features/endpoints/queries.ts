import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

export type Endpoint = Schema<'Endpoint'>;
export type LocationInput = Schema<'EndpointLocationInput'>;
export type SecretInput = Schema<'EndpointSecretInput'>;

const ITEMS = 100;
const CHOICES = 100;

/** One page of the workspace's saved endpoints. */
export const endpointsQuery = (ws: string, query: { pageSize: number; pageToken?: string }) =>
  queryOptions({
    queryKey: ['endpoints', ws, query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/endpoints', { params: { path: { ws }, query }, signal })),
    placeholderData: keepPreviousData,
  });

/** All of them, a page after the other, to choose from. */
export const endpointChoicesQuery = (ws: string) =>
  infiniteQueryOptions({
    queryKey: ['endpoints', ws, 'choices'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/v1/workspaces/{ws}/endpoints', { params: { path: { ws }, query: { pageSize: CHOICES, pageToken: pageParam } }, signal }),
      ),
    getNextPageParam: ({ nextPageToken }) => nextPageToken ?? undefined,
  });

/** Directories of the platform's machine that an administrator has opened. */
export const fileRootsQuery = queryOptions({
  queryKey: ['file-roots'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/file-roots', { signal })),
});

/** What is at an endpoint below `path`, a page at a time. */
export const itemsQuery = (ws: string, idOrName: string, path: string, pageToken?: string) =>
  queryOptions({
    queryKey: ['endpoint-items', ws, idOrName, path, pageToken],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/v1/workspaces/{ws}/endpoints/{idOrName}/items', {
          params: { path: { ws, idOrName }, query: { path, pageSize: ITEMS, pageToken } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

function useListedAnew(ws: string) {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ['endpoints', ws] });
}

export function useSaveEndpoint(ws: string) {
  const onSuccess = useListedAnew(ws);
  return useMutation({
    mutationFn: ({ requestId, ...body }: Schema<'CreateEndpointRequest'> & { requestId: string }) =>
      answerOf(api.POST('/v1/workspaces/{ws}/endpoints', { params: { path: { ws }, header: { 'Idempotency-Key': requestId } }, body })),
    onSuccess,
    // What was typed into it is a secret, and is kept no longer than needed.
    gcTime: 0,
  });
}

export function useChangeEndpoint(ws: string) {
  const onSuccess = useListedAnew(ws);
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: Schema<'UpdateEndpointRequest'> }) =>
      answerOf(api.PATCH('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ws, idOrName: id } }, body: change })),
    onSuccess,
    gcTime: 0,
  });
}

export function useDeleteEndpoint(ws: string) {
  const onSuccess = useListedAnew(ws);
  return useMutation({
    mutationFn: (id: string) =>
      answerOf(api.DELETE('/v1/workspaces/{ws}/endpoints/{idOrName}', { params: { path: { ws, idOrName: id } } })),
    onSuccess,
  });
}

export function useTestEndpoint(ws: string) {
  return useMutation({
    mutationFn: (idOrName: string) =>
      answerOf(api.POST('/v1/workspaces/{ws}/endpoints/{idOrName}/test', { params: { path: { ws, idOrName } } })),
  });
}
