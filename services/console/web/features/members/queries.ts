import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';
import { apiKeysQuery } from '../api-keys/queries';

export const membersQuery = (ws: string) =>
  queryOptions({
    queryKey: ['members', ws],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/members', { params: { path: { ws } }, signal })),
  });

export const invitationsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['invitations', ws],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/invitations', { params: { path: { ws } }, signal })),
  });

export const serviceAccountsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['service-accounts', ws],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/workspaces/{ws}/service-accounts', { params: { path: { ws } }, signal })),
  });

/** A change after which a list is asked for again. */
function useChange<V, T>(queryKey: readonly unknown[], mutationFn: (wish: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey }) });
}

export const useSetRole = (ws: string) =>
  useChange(membersQuery(ws).queryKey, ({ userId, role }: { userId: string; role: Schema<'UpdateMemberRequest'>['role'] }) =>
    answerOf(api.PATCH('/v1/workspaces/{ws}/members/{userId}', { params: { path: { ws, userId } }, body: { role } })),
  );

export const useRemoveMember = (ws: string) =>
  useChange(membersQuery(ws).queryKey, (userId: string) =>
    answerOf(api.DELETE('/v1/workspaces/{ws}/members/{userId}', { params: { path: { ws, userId } } })),
  );

export const useInvite = (ws: string) =>
  useChange(invitationsQuery(ws).queryKey, (body: Pick<Schema<'CreateInvitationRequest'>, 'invitee' | 'role'>) =>
    answerOf(api.POST('/v1/workspaces/{ws}/invitations', { params: { path: { ws } }, body: { ...body, expiresInHours: 72 } })),
  );

export const useRevokeInvitation = (ws: string) =>
  useChange(invitationsQuery(ws).queryKey, (id: string) =>
    answerOf(api.DELETE('/v1/workspaces/{ws}/invitations/{id}', { params: { path: { ws, id } } })),
  );

export const useCreateServiceAccount = (ws: string) =>
  useChange(serviceAccountsQuery(ws).queryKey, (body: Schema<'CreateServiceAccountRequest'>) =>
    answerOf(api.POST('/v1/workspaces/{ws}/service-accounts', { params: { path: { ws } }, body })),
  );

export const useUpdateServiceAccount = (ws: string) =>
  useChange(serviceAccountsQuery(ws).queryKey, ({ id, ...body }: Schema<'UpdateServiceAccountRequest'> & { id: string }) =>
    answerOf(api.PATCH('/v1/workspaces/{ws}/service-accounts/{idOrName}', { params: { path: { ws, idOrName: id } }, body })),
  );

export const useDeleteServiceAccount = (ws: string) =>
  useChange(serviceAccountsQuery(ws).queryKey, (id: string) =>
    answerOf(api.DELETE('/v1/workspaces/{ws}/service-accounts/{idOrName}', { params: { path: { ws, idOrName: id } } })),
  );

export const useCreateServiceAccountKey = (ws: string, id: string) =>
  useChange(apiKeysQuery(ws).queryKey, (body: Schema<'CreateServiceAccountKeyRequest'>) =>
    answerOf(api.POST('/v1/workspaces/{ws}/service-accounts/{idOrName}/api-keys', { params: { path: { ws, idOrName: id } }, body })),
  );
