import { SmartantError } from '@smartant/kernel';

/** The caller's signal ended the work. */
export function cancelled(cause?: unknown): SmartantError {
  return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user', cause });
}

/** Raises CANCELLED when the signal was given. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled(signal.reason);
}
