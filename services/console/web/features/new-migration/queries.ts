import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client';
import type { DraftStore } from './draft-keeper';
import { requestOf, type Plan } from './plan';

const DRAFTS = 10;

export function draftStoreOf(ws: string): DraftStore {
  return {
    create: (body) => answerOf(api.POST('/v1/workspaces/{ws}/migration-drafts', { params: { path: { ws } }, body })),
    change: (id, version, body) =>
      answerOf(
        api.PATCH('/v1/workspaces/{ws}/migration-drafts/{id}', {
          params: { path: { ws, id }, header: { 'If-Match': `"${version}"` } },
          body,
        }),
      ),
    read: (id) => answerOf(api.GET('/v1/workspaces/{ws}/migration-drafts/{id}', { params: { path: { ws, id } } })),
    remove: async (id) => void (await answerOf(api.DELETE('/v1/workspaces/{ws}/migration-drafts/{id}', { params: { path: { ws, id } } }))),
  };
}

/** Always as it is now: who opens it goes on from there. */
export const draftQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['migration-draft', ws, id],
    queryFn: () => draftStoreOf(ws).read(id),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

/** What somebody has begun to fill in, the newest first. */
export const draftsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['migration-drafts', ws],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/v1/workspaces/{ws}/migration-drafts', { params: { path: { ws }, query: { pageSize: DRAFTS } }, signal })),
    staleTime: 0,
  });

/** What stands in the way, and how much there is: asked for anew only when the plan is another one, or somebody says so. */
export const precheckQuery = (ws: string, plan: Plan) =>
  queryOptions({
    queryKey: ['precheck', ws, requestOf(plan)],
    queryFn: async ({ signal }) => {
      const params = { path: { ws }, query: { validateOnly: 'true' as const } };
      const answer = await answerOf(api.POST('/v1/workspaces/{ws}/migrations', { params, body: requestOf(plan), signal }));
      if ('estimate' in answer) return answer;
      throw new TypeError('the API has begun a migration in the place of a precheck');
    },
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** Sets findings right by what the platform words itself, and checks anew. Those that failed are the answer. */
export function useFixPrecheck(ws: string, plan: Plan) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ code, includeUnsafe }: { code: string; includeUnsafe: boolean }) => {
      const body = { migration: requestOf(plan), codes: [code], includeUnsafe };
      const { applied } = await answerOf(api.POST('/v1/workspaces/{ws}/precheck-fixes', { params: { path: { ws } }, body }));
      await client.invalidateQueries({ queryKey: precheckQuery(ws, plan).queryKey });
      return applied.flatMap(({ error }) => (error === null ? [] : [error]));
    },
  });
}

/** The request id makes a second click, or one whose answer was lost, the same migration. */
export function useStart(ws: string) {
  return useMutation({
    mutationFn: async ({ plan, requestId }: { plan: Plan; requestId: string }) => {
      const params = { path: { ws }, header: { 'Idempotency-Key': requestId } };
      const answer = await answerOf(api.POST('/v1/workspaces/{ws}/migrations', { params, body: requestOf(plan) }));
      if ('id' in answer) return answer;
      throw new TypeError('the API has checked a migration in the place of beginning it');
    },
  });
}
