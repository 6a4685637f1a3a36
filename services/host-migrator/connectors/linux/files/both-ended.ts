/**
 * What both come to. Raises the first failure when the other has ended by it: what it still puts at a host would stay behind whoever takes that
 * away.
 */
export async function bothEnded<A, B>(
  signal: AbortSignal,
  first: (within: AbortSignal) => Promise<A>,
  second: (within: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const running = [first(within), second(within)] as const;
  for (const one of running) one.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(running);
  failed.signal.throwIfAborted();
  return Promise.all(running);
}
