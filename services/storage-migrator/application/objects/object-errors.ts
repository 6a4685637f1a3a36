import { SmartantError, toSmartantError } from '@smartant/kernel';
import type { RunContext } from '../runs/run-context';

/** How often an object is tried before it is quarantined. */
export const OBJECT_ATTEMPTS = 3;

const LOOK_AGAIN = new Set([
  'STORAGE_SOURCE_CHANGED',
  'STORAGE_PRECONDITION_FAILED',
  'STORAGE_OBJECT_NOT_FOUND',
  'STORAGE_UPLOAD_NOT_FOUND',
]);

/** The object is not as it was listed: look at both sides again. */
export function wantsAnotherLook(error: SmartantError): boolean {
  return LOOK_AGAIN.has(error.code);
}

/** A store that is full still answers a probe, which only reads. */
const WHOLE_STORE = new Set(['STORAGE_CREDENTIALS_INVALID', 'STORAGE_BUCKET_NOT_FOUND', 'STORAGE_FULL']);

/** An error of this one object, and not of the store, the database, the credentials or the lease. */
export function isOfOneObject(error: SmartantError): boolean {
  if (WHOLE_STORE.has(error.code)) return false;
  return /^(STORAGE|OBJECT|KEY|PROOF)_/.test(error.code) || error.code === 'INTERNAL_ERROR';
}

/** Waits before a unit is tried again: 0.5 s, 1 s, 2 s… */
export function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', abort);
        resolve();
      },
      250 * 2 ** attempt,
    );
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Tells an object that can't be had from a store that can't be reached: raises the passing failure when either side does
 * not answer just now, so that the shard waits and nothing is quarantined.
 */
export async function assertBothAnswer(context: RunContext, failure: SmartantError, signal: AbortSignal): Promise<void> {
  try {
    await Promise.all([context.source.reader.probe(signal), context.target.reader.probe(signal)]);
  } catch (error) {
    signal.throwIfAborted();
    const cause = toSmartantError(error);
    throw cause.retryable ? failure : cause;
  }
}
