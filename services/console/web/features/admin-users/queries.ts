import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client';

const PAGE_SIZE = 25;
const USERS = 'users';

/** A page of all accounts of the platform. */
export const usersQuery = (pageToken: string | undefined) =>
  queryOptions({
    queryKey: [USERS, pageToken],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/admin/users', { params: { query: { pageSize: PAGE_SIZE, pageToken } }, signal })),
    placeholderData: keepPreviousData,
  });

export function useSetDisabled() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ user, disabled }: { user: string; disabled: boolean }) =>
      answerOf(api.PATCH('/v1/admin/users/{user}', { params: { path: { user } }, body: { disabled } })),
    onSettled: () => client.invalidateQueries({ queryKey: [USERS] }),
  });
}

/** For who has lost both the app and the recovery codes. */
export const useResetSecondFactor = () =>
  useMutation({
    mutationFn: (user: string) => answerOf(api.DELETE('/v1/admin/users/{user}/second-factor', { params: { path: { user } } })),
  });
