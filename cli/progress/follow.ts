import { setTimeout as sleep } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import type { Api, Migration, WatchUpdate } from '../api/api';
import { problemToError } from '../api/problem';
import { readServerSentEvents } from '../api/server-sent-events';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;
const GIVE_UP_AFTER_MS = 10 * 60_000;

export interface FollowOptions {
  /** Called with each update; following ends when it answers true. */
  onUpdate: (update: WatchUpdate) => boolean;
  /** Called once when the connection is lost, and again after it had come back. */
  onLost: () => void;
  signal: AbortSignal;
}

/**
 * Follows a migration until `onUpdate` is satisfied, over as many connections as it takes. The server states the whole
 * migration on each connection, so nothing is missed in between. Rejects with the last failure after ten minutes
 * without an answer, and at once with what is no passing failure.
 */
export async function follow(api: Api, id: string, options: FollowOptions): Promise<Migration> {
  let delayMs = FIRST_DELAY_MS;
  let lostSinceMs: number | undefined;
  for (;;) {
    let failure: unknown;
    try {
      for await (const update of readUpdates(api, id)) {
        delayMs = FIRST_DELAY_MS;
        lostSinceMs = undefined;
        if (options.onUpdate(update)) return update.migration;
      }
    } catch (error) {
      options.signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      failure = error;
    }
    options.signal.throwIfAborted();
    // A stream that ends without a failure belongs to a migration at rest that is not what we wait for: it is asked for less often.
    if (failure === undefined) delayMs = Math.max(delayMs, FIRST_DELAY_MS * 5);
    else if (lostSinceMs === undefined) {
      lostSinceMs = Date.now();
      options.onLost();
    } else if (Date.now() - lostSinceMs > GIVE_UP_AFTER_MS) throw failure;
    await sleep(delayMs, undefined, { signal: options.signal });
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
}

async function* readUpdates(api: Api, id: string): AsyncGenerator<WatchUpdate> {
  const body = await api.retryOnce(() => api.watch(id));
  for await (const { event, data } of readServerSentEvents(body)) {
    if (event === 'update') yield JSON.parse(data) as WatchUpdate;
    if (event === 'error') throw streamError(data);
  }
}

/** A failure after the first event arrives as an event whose data is a problem. */
function streamError(data: string): SmartantError {
  const problem = JSON.parse(data) as { status?: number };
  return problemToError(problem.status ?? 500, problem);
}

/** A server that restarts cuts streams and refuses connections for a while; a wrong id stays wrong. */
function isPassing(error: unknown): boolean {
  return error instanceof SmartantError ? error.retryable : true;
}
