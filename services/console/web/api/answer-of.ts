import { ApiProblem, isProblem, unreachable } from './api-problem';

/** The data of an answer. Raises ApiProblem. */
export async function answerOf<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch((reason: unknown) => {
    throw reason instanceof TypeError ? unreachable() : reason;
  });
  if (isProblem(error)) throw new ApiProblem(error);
  if (!response.ok) throw unreachable(response.status);
  return data as T;
}
