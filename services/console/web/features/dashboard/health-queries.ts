import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client';

const LOOK_MS = 15_000;

/** Of endpoints in use, as they were tried last: of a workspace, or (`ws` null) of all. */
export const endpointHealthQuery = (ws: string | null) =>
  queryOptions({
    queryKey: ['endpoint-health', ws],
    queryFn: ({ signal }) =>
      answerOf(
        ws === null
          ? api.GET('/v1/admin/endpoint-health', { signal })
          : api.GET('/v1/workspaces/{ws}/endpoint-health', { params: { path: { ws } }, signal }),
      ),
    refetchInterval: LOOK_MS,
  });

/** How many migrations of each workspace stand where. Administrators only. */
export const everywhereQuery = queryOptions({
  queryKey: ['migration-summary'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/admin/migration-summary', { signal })),
  refetchInterval: LOOK_MS,
});
