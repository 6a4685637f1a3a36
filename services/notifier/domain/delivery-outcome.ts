/** What came of an attempt: delivered, or how the channel refused it. */
export type AttemptResult = 'delivered' | 'retry' | 'give-up' | 'reconfigure';

export interface DeliveryStanding {
  /** In a row, this one included. */
  readonly failures: number;
  /** Of the channel in a row, over all its deliveries, this one included. */
  readonly channelFailures: number;
  /** Its time has run out. */
  readonly isOver: boolean;
  /** There is another channel that it has not been given to yet. */
  readonly hasFallback: boolean;
  /** When the provider said to come again. */
  readonly retryAfterMs?: number | undefined;
}

export type NextStep = { state: 'delivered' | 'given-up' | 'fallen-back' } | { state: 'pending'; delayMs: number };

const FIRST_DELAY_MS = 5_000;
/** A provider that was away for a day is found again within this. */
const LONGEST_DELAY_MS = 15 * 60_000;
const LONGEST_WISH_MS = 6 * 3_600_000;
/** Short troubles are sat out before another channel is troubled. */
const FAILURES_BEFORE_FALLBACK = 3;

/** What is done next with a delivery. `random` is from 0 to 1: what failed together does not come again together. */
export function nextStep(result: AttemptResult, standing: DeliveryStanding, random: number): NextStep {
  const { failures, channelFailures, isOver, hasFallback, retryAfterMs } = standing;
  if (result === 'delivered') return { state: 'delivered' };
  const troubled = result !== 'retry' || Math.max(failures, channelFailures) >= FAILURES_BEFORE_FALLBACK;
  if (hasFallback && (troubled || isOver)) return { state: 'fallen-back' };
  if (result === 'give-up' || isOver) return { state: 'given-up' };
  // Until a person corrects it, which makes it due at once.
  if (result === 'reconfigure') return { state: 'pending', delayMs: LONGEST_DELAY_MS };
  const backoff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
  const delayMs = Math.max(backoff * (0.5 + random / 2), Math.min(retryAfterMs ?? 0, LONGEST_WISH_MS));
  return { state: 'pending', delayMs };
}
