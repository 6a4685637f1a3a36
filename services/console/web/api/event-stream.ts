import { ApiProblem, isProblem, toProblem, unreachable } from './api-problem';
import { authorizedFetch } from './client';
import { EventFrames } from './event-frames';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export interface StreamReader<T> {
  onUpdate: (update: T) => void;
  /** Whether it is connected just now; what was missed meanwhile comes with the next connection. */
  onConnected?: (isConnected: boolean) => void;
  signal: AbortSignal;
}

/**
 * Follows a watch stream until the server ends it because nothing more will come, and connects again when it was cut. Each connection begins
 * with the present state, so nothing has to be asked for twice. EventSource is not used: it can't send a token. Raises ApiProblem for what no
 * other try would change.
 */
export async function followStream<T>(path: string, { onUpdate, onConnected, signal }: StreamReader<T>): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const response = await authorizedFetch(new Request(path, { headers: { accept: 'text/event-stream' }, signal }));
      if (!response.ok || !response.body) throw await problemOf(response);
      onConnected?.(true);
      waitMs = FIRST_WAIT_MS;
      return await readUpdates(response.body, onUpdate);
    } catch (error) {
      if (signal.aborted) return;
      onConnected?.(false);
      if (error instanceof ApiProblem && !error.problem.retryable) throw error;
      await pause(toProblem(error).retryAfterMs ?? waitMs, signal);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }
}

async function readUpdates<T>(body: ReadableStream<Uint8Array<ArrayBuffer>>, onUpdate: (update: T) => void): Promise<void> {
  const frames = new EventFrames();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const { event, data } of frames.push(value)) {
      if (event === 'update') onUpdate(JSON.parse(data) as T);
      if (event === 'error') throw new ApiProblem(JSON.parse(data) as ApiProblem['problem']);
    }
  }
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined);
  return isProblem(body) ? new ApiProblem(body) : unreachable(response.status);
}

/** Shorter when the network comes back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    const end = () => {
      window.removeEventListener('online', end);
      resolve();
    };
    over.addEventListener('abort', end, { once: true });
    window.addEventListener('online', end, { once: true });
  });
}
