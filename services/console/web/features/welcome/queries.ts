import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client';

const SAMPLE_NAME = 'sample';

/** The migration that `npm start` makes to be looked at; null where it was never run. */
export const sampleQuery = (ws: string) =>
  queryOptions({
    queryKey: ['sample', ws],
    queryFn: async ({ signal }) => {
      const params = { path: { ws }, query: { name: SAMPLE_NAME } };
      const { items } = await answerOf(api.GET('/v1/workspaces/{ws}/migrations', { params, signal }));
      return items.find(({ name }) => name === SAMPLE_NAME) ?? null;
    },
  });
