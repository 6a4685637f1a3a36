import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { answerOf, api } from '../../api/client';

const SESSIONS = ['sessions'];
const SECOND_FACTOR = ['second-factor'];

/** The user's own sessions, in all browsers and programs. */
export const sessionsQuery = queryOptions({
  queryKey: SESSIONS,
  queryFn: ({ signal }) => answerOf(api.GET('/v1/auth/sessions', { signal })),
});

export const secondFactorQuery = queryOptions({
  queryKey: SECOND_FACTOR,
  queryFn: ({ signal }) => answerOf(api.GET('/v1/auth/second-factor', { signal })),
});

function useChange<V, T>(queryKey: readonly string[], mutationFn: (wish: V) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey }) });
}

export const useEndSession = () =>
  useChange(SESSIONS, (id: string) => answerOf(api.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } })));

/** Ends the user's other sessions. */
export const useChangePassword = () =>
  useChange(SESSIONS, (body: Schema<'ChangePasswordRequest'>) => answerOf(api.POST('/v1/auth/password', { body })));

export const useBeginEnrolment = () =>
  useMutation({ mutationFn: (body: Schema<'EnrolSecondFactorRequest'>) => answerOf(api.POST('/v1/auth/second-factor', { body })) });

export const useConfirmEnrolment = () =>
  useChange(SECOND_FACTOR, (body: Schema<'ConfirmSecondFactorRequest'>) => answerOf(api.POST('/v1/auth/second-factor/confirm', { body })));

export const useRemoveSecondFactor = () =>
  useChange(SECOND_FACTOR, (body: Schema<'RemoveSecondFactorRequest'>) => answerOf(api.POST('/v1/auth/second-factor/remove', { body })));
