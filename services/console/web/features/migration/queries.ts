import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { ApiProblem } from '../../api/api-problem';
import { answerOf, api } from '../../api/client';
import { saveFile } from '../../elements/save-file';
import { migrationQuery } from '../migrations/queries';

type Migration = Schema<'Migration'>;
export type Action = Migration['allowedActions'][number];
export type Limits = Schema<'UpdateLimitsRequest'>;

const PAGE_SIZE = 20;
const HISTORY_MS = 5_000;
/** Against a version that grows while the answer is under way. */
const LIMIT_ATTEMPTS = 5;

/** What happened to it, newest first. */
export const eventsQuery = (ws: string, id: string) =>
  infiniteQueryOptions({
    queryKey: ['migration-events', ws, id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/v1/workspaces/{ws}/migrations/{id}/events', {
          params: { path: { ws, id }, query: { pageSize: PAGE_SIZE, pageToken: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: ({ nextPageToken }) => nextPageToken ?? undefined,
    refetchInterval: HISTORY_MS,
  });

/** What could not be moved. */
export const failuresQuery = (ws: string, id: string) =>
  infiniteQueryOptions({
    queryKey: ['migration-failures', ws, id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/v1/workspaces/{ws}/migrations/{id}/failures', {
          params: { path: { ws, id }, query: { pageSize: PAGE_SIZE, pageToken: pageParam } },
          signal,
        }),
      ),
    getNextPageParam: ({ nextPageToken }) => nextPageToken ?? undefined,
  });

/** Sets what the API answered, and asks again for all that is shown beside it. */
function useAsked(ws: string, id: string) {
  const client = useQueryClient();
  return async (migration: Migration) => {
    client.setQueryData(migrationQuery(ws, id).queryKey, migration);
    await client.invalidateQueries({ queryKey: ['migration-events', ws, id] });
    await client.invalidateQueries({ queryKey: ['migrations', ws] });
  };
}

/** An action of the user. The request id makes a second click, or one whose answer was lost, the same wish. */
export function useAction(ws: string, id: string) {
  const onSuccess = useAsked(ws, id);
  return useMutation({
    mutationFn: ({ action, requestId, sourceFrozen }: { action: Action; requestId: string; sourceFrozen?: boolean }) => {
      const params = { path: { ws, id }, header: { 'Idempotency-Key': requestId } };
      const body = { sourceFrozen };
      if (action === 'cutover') return answerOf(api.POST('/v1/workspaces/{ws}/migrations/{id}/cutover', { params, body }));
      return answerOf(api.POST(`/v1/workspaces/{ws}/migrations/{id}/${action}`, { params }));
    },
    onSuccess,
  });
}

export interface LimitChange {
  limits: Limits;
  /** The migration as it was when its user began to change them. */
  since: Migration;
}

/**
 * Refused where somebody else changed the limits since. The version grows with all that happens, progress too: where the limits are still
 * those that the user saw, the change is sent again for the newest version.
 */
export function useLimits(ws: string, id: string) {
  const client = useQueryClient();
  const onSuccess = useAsked(ws, id);
  return useMutation({
    mutationFn: async ({ limits, since }: LimitChange) => {
      let known = since;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await sendLimits(ws, id, limits, known.version);
        } catch (error) {
          if (!isOutdated(error) || attempt === LIMIT_ATTEMPTS) throw error;
          known = await client.fetchQuery({ ...migrationQuery(ws, id), staleTime: 0 });
          if (!areSame(known.spec.limits, since.spec.limits)) throw error;
        }
      }
    },
    onSuccess,
  });
}

const sendLimits = (ws: string, id: string, body: Limits, version: number) =>
  answerOf(
    api.PATCH('/v1/workspaces/{ws}/migrations/{id}/limits', {
      params: { path: { ws, id }, header: { 'If-Match': `"${version}"` } },
      body,
    }),
  );

export const isOutdated = (error: unknown): boolean => error instanceof ApiProblem && error.problem.code === 'MIGRATION_VERSION_MISMATCH';

const areSame = (one: Migration['spec']['limits'], other: Migration['spec']['limits']): boolean =>
  one.bytesPerSecond === other.bytesPerSecond && one.requestsPerSecond === other.requestsPerSecond && one.concurrency === other.concurrency;

export function useFix(ws: string, id: string) {
  const onSuccess = useAsked(ws, id);
  return useMutation({
    mutationFn: ({ code, includeUnsafe }: { code: string; includeUnsafe: boolean }) =>
      answerOf(
        api.POST('/v1/workspaces/{ws}/migrations/{id}/precheck/fixes', {
          params: { path: { ws, id } },
          body: { codes: [code], includeUnsafe },
        }),
      ),
    onSuccess: ({ migration }) => onSuccess(migration),
  });
}

export function useResolution(ws: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<'ResolveFailuresRequest'>) =>
      answerOf(api.POST('/v1/workspaces/{ws}/migrations/{id}/failures/resolve', { params: { path: { ws, id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['migration-failures', ws, id] }),
  });
}

/** The signed report, as a file for whoever checks it offline. */
export async function downloadReport(ws: string, id: string): Promise<void> {
  const envelope = await answerOf(api.GET('/v1/workspaces/{ws}/migrations/{id}/report', { params: { path: { ws, id } } }));
  saveFile(new Blob([JSON.stringify(envelope, null, 2)], { type: 'application/json' }), `${id}.report.json`);
}
