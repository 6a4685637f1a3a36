import { setTimeout as sleep } from 'node:timers/promises';
import type { Schema } from '@smartant/contracts/openapi';

/** A pause beyond this is the user's to decide about. */
const LONGEST_PAUSE_MS = 30_000;
const MOST_PAUSES = 6;

/**
 * Sends a request again as often as the server asks to wait (429 or 503 with `Retry-After`), up to six times: reads, requests with an
 * Idempotency-Key, and whatever was refused before anything was done. Resolves with the last answer. Rejects when the signal aborts.
 */
export async function withPauses(request: Request, signal: AbortSignal, send: (request: Request) => Promise<Response>): Promise<Response> {
  let next = request;
  for (let pauses = 0; ; pauses += 1) {
    const again = next.clone();
    const response = await send(next);
    const pauseMs = pauses < MOST_PAUSES ? await pauseAskedFor(request, response) : undefined;
    if (pauseMs === undefined) return response;
    await response.body?.cancel();
    await sleep(pauseMs, undefined, { signal });
    next = again;
  }
}

async function pauseAskedFor(request: Request, response: Response): Promise<number | undefined> {
  if (response.status !== 429 && response.status !== 503) return undefined;
  const pauseMs = Number(response.headers.get('retry-after') ?? Number.NaN) * 1_000;
  if (!(pauseMs >= 0 && pauseMs <= LONGEST_PAUSE_MS)) return undefined;
  return isRepeatable(request) || (await wasRefusedUnread(response)) ? pauseMs : undefined;
}

/** Reads, and requests that the server does once however often they arrive. */
export function isRepeatable(request: Request): boolean {
  return request.method === 'GET' || request.headers.has('idempotency-key');
}

async function wasRefusedUnread(response: Response): Promise<boolean> {
  const problem = (await response
    .clone()
    .json()
    .catch(() => undefined)) as Partial<Schema<'Problem'>> | undefined;
  return problem?.code?.startsWith('ADMISSION_') ?? false;
}
