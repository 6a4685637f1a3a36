import { SmartantError } from '@smartant/kernel';
import { cancelled } from '../cancellation';

/** How long a request is tried for. */
export interface RetryBudget {
  /** Attempts after which a failing store is given up on. */
  attempts: number;
  /** How long an unreachable store is waited for. */
  unreachableMs: number;
}

/** For work: a store that restarts, or is down for a minute or two, is survived. */
export const PATIENT: RetryBudget = { attempts: 8, unreachableMs: 180_000 };

/** For questions that somebody waits for. */
export const BRIEF: RetryBudget = { attempts: 3, unreachableMs: 3_000 };

const BASE_MS = 100;
const CAP_MS = 10_000;

/** The store, or something on the way to it. */
const DOWN = new Set(['STORAGE_UNREACHABLE', 'WAY_UNREACHABLE', 'WAY_TARGET_UNREACHABLE']);

/** Decides whether and when to repeat one request. */
export class RetryPolicy {
  private attempts = 0;
  private firstFailureMs: number | undefined;

  constructor(private readonly budget: RetryBudget) {}

  /** Milliseconds until the next attempt; undefined when it is not worth it. Exponential with full jitter over the upper half. */
  delayAfter(error: SmartantError, nowMs = Date.now(), random = Math.random()): number | undefined {
    if (!error.retryable) return undefined;
    this.attempts += 1;
    this.firstFailureMs ??= nowMs;
    const delay = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(this.attempts - 1, 16)) * (0.5 + random / 2);
    // No code of the store's own: it, or what stands before it, is down as a whole, which passes.
    const isDown = DOWN.has(error.code) && error.details['s3Code'] === undefined;
    const hopeless = isDown ? nowMs + delay - this.firstFailureMs > this.budget.unreachableMs : this.attempts >= this.budget.attempts;
    if (hopeless) return undefined;
    return error.retry.kind === 'after' ? Math.max(delay, error.retry.delayMs) : delay;
  }
}

/** Resolves after a time; rejects with CANCELLED as soon as the signal says so. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled(signal.reason));
    const onAbort = () => {
      clearTimeout(timer);
      reject(cancelled(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
