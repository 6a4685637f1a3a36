import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

/** The keys of the workspace, those of its service accounts too. */
export const apiKeysQuery = (ws: string) =>
  queryOptions({ queryKey: ['api-keys', ws], queryFn: ({ signal }) => answerOf(api.GET('/v1/api-keys', { signal })) });

/** Refused where the role is more than one's own. */
export function useCreateApiKey(ws: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'CreateApiKeyRequest'>) => answerOf(api.POST('/v1/api-keys', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: apiKeysQuery(ws).queryKey }),
  });
}

export function useRevokeApiKey(ws: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answerOf(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: apiKeysQuery(ws).queryKey }),
  });
}
