import { QueryClient } from '@tanstack/react-query';
import { toProblem } from './api-problem';

const RETRIES = 3;

/** What the API calls retryable is asked for again, no sooner than it wishes; a refusal is shown at once. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Also offline: a page must say that it shows what was, and not wait without a word.
      networkMode: 'always',
      retry: (failures, error) => failures < RETRIES && toProblem(error).retryable,
      retryDelay: (failures, error) => toProblem(error).retryAfterMs ?? Math.min(1_000 * 2 ** failures, 15_000),
    },
    mutations: { retry: false },
  },
});
