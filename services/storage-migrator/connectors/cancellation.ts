import { SmartantError } from '@smartant/kernel';

/** The caller's signal ended the work. */
export function cancelled(cause?: unknown): SmartantError {
  return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user', cause });
}

/** A request under way is let finish for so long when the work is cancelled: one cut off may be carried out after the clean-up. */
const GRACE_MS = 5_000;

/** Given some seconds after `cancelled`, for writes that are cleaned up afterwards. Let go of it with `release`. */
export function withGrace(cancelled: AbortSignal): { signal: AbortSignal; release: () => void } {
  const cutOff = new AbortController();
  const onCancelled = (): void => void setTimeout(() => cutOff.abort(cancelled.reason), GRACE_MS).unref();
  cancelled.addEventListener('abort', onCancelled, { once: true });
  return { signal: cutOff.signal, release: () => cancelled.removeEventListener('abort', onCancelled) };
}

/** Raises CANCELLED when the signal was given. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled(signal.reason);
}
