import { setTimeout as sleep } from 'node:timers/promises';
import { toSmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';

const ATTEMPTS = 6;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** Sends again, on a new connection, when a stream breaks for what may pass. Raises the last failure. */
export async function insist<T>(
  job: Pick<HostJob, 'warn'>,
  about: Record<string, string>,
  signal: AbortSignal,
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      signal.throwIfAborted();
      const failure = toSmartantError(error);
      if (!failure.retryable || attempt === ATTEMPTS) throw failure;
      const { message, code } = failure;
      job.warn('A stream broke; what it held is carried again.', { ...about, attempt, code, message });
      await sleep(BACKOFF_MS[attempt - 1] ?? 10_000, undefined, { signal });
    }
  }
}
