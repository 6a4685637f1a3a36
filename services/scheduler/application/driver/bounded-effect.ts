import { SmartantError } from '@smartant/kernel';
import type { EffectKind } from '../../domain/migration/effects';

/** Calls have deadlines and retries of their own; these end what hangs all the same. */
const USUAL_DEADLINE_MS = 60_000;
const DEADLINES_MS: Partial<Record<EffectKind, number>> = { precheck: 390_000, 'build-report': 180_000 };
/** For an effect that was cut short to come to its end; then it is left alone. */
const GRACE_MS = 2_000;

/** How long one attempt of an effect may take, in milliseconds. */
export function effectDeadlineMs(kind: EffectKind): number {
  return DEADLINES_MS[kind] ?? USUAL_DEADLINE_MS;
}

/**
 * Runs an effect under a deadline. Rejects with EFFECT_TIMED_OUT after it, and with CANCELLED when `cut` aborts; an effect that does not
 * heed its signal is left behind then. That is harmless: it is idempotent, and its outcome is stored by nobody.
 */
export async function boundedEffect<T>(
  kind: EffectKind,
  deadlineMs: number,
  cut: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  const signal = AbortSignal.any([deadline.signal, cut]);
  const left = new AbortController();
  try {
    const done = work(signal);
    done.catch(() => undefined);
    return await Promise.race([done, leftBehind(signal, left.signal)]);
  } catch (error) {
    if (deadline.signal.aborted && !cut.aborted) throw timedOut(kind, deadlineMs, error);
    throw error;
  } finally {
    clearTimeout(timer);
    left.abort();
  }
}

/** Rejects some time after `signal` aborts, unless `ended` comes first. */
function leftBehind(signal: AbortSignal, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => {
      const timer = setTimeout(() => reject(new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled' })), GRACE_MS);
      ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (signal.aborted) give();
    else signal.addEventListener('abort', () => ended.aborted || give(), { once: true });
  });
}

function timedOut(kind: EffectKind, deadlineMs: number, cause: unknown): SmartantError {
  return new SmartantError('EFFECT_TIMED_OUT', `"${kind}" did not end within ${Math.round(deadlineMs / 1_000)} s.`, {
    kind: 'timeout',
    hint: 'It is tried again by itself. If it keeps happening, look whether the migrator answers at all.',
    details: { effect: kind },
    cause,
  });
}
