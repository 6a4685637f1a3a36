import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

/** Also what the switcher of workspaces shows: a change here is seen there. */
export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces', { signal })),
});

export const quotasQuery = (idOrName: string) =>
  queryOptions({
    queryKey: ['workspace-quotas', idOrName],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/admin/workspaces/{idOrName}/quotas', { params: { path: { idOrName } }, signal })),
  });

export function useCreateWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'CreateWorkspaceRequest'>) => answerOf(api.POST('/v1/admin/workspaces', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: workspacesQuery.queryKey }),
  });
}

export function useUpdateWorkspace() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: Schema<'UpdateWorkspaceRequest'> & { id: string }) =>
      answerOf(api.PATCH('/v1/admin/workspaces/{idOrName}', { params: { path: { idOrName: id } }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: workspacesQuery.queryKey }),
  });
}

export function useUpdateQuotas(idOrName: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'UpdateQuotasRequest'>) =>
      answerOf(api.PATCH('/v1/admin/workspaces/{idOrName}/quotas', { params: { path: { idOrName } }, body })),
    onSuccess: (quotas) => client.setQueryData(quotasQuery(idOrName).queryKey, quotas),
  });
}
