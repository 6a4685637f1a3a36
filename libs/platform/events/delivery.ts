import { SmartantError } from '@smartant/kernel';
import { counter } from '@smartant/platform/metrics';
import type { DomainEvent } from './domain-event';
import type { EventHandler, EventLogger } from './event-bus';
import { inConsumerSpan } from './trace-headers';

/** How an event ended: `abandoned` means that it must not be acknowledged. */
export type Outcome =
  { kind: 'handled' } | { kind: 'poison'; reason: string; errorCode: string | null; attempts: number } | { kind: 'abandoned' };

export interface DeliveryOptions {
  group: string;
  handler: EventHandler;
  maxAttempts: number;
  logger: EventLogger;
  /** Aborted when the subscription closes: no further attempt is made. */
  closing: AbortSignal;
  /** Aborted when even the running handler is no longer waited for. */
  abandon: AbortSignal;
}

export const DEFAULT_MAX_ATTEMPTS = 5;
const parkedEvents = counter('smartant_events_parked_total', 'Events that could not be handled and were parked with their reason.', [
  'topic',
  'group',
]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Calls the handler until it succeeds, the attempts are used up, or the subscription closes. Never rejects. */
export async function deliver(event: DomainEvent, options: DeliveryOptions): Promise<Outcome> {
  let failures = 0;
  for (let attempt = 1; ; attempt += 1) {
    if (options.closing.aborted) return { kind: 'abandoned' };
    const result = await once(event, options);
    if (result.kind !== 'failed') return result;
    if (!isOutage(result.error)) failures += 1;
    const fields = { eventId: event.id, type: event.type, topic: event.topic, group: options.group, attempt, err: result.error };
    if (failures >= options.maxAttempts) {
      parkedEvents.inc({ topic: event.topic, group: options.group });
      options.logger.error(fields, 'event parked');
      return { kind: 'poison', attempts: attempt, ...describeError(result.error) };
    }
    options.logger.warn(fields, 'event handler failed, trying again');
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)), options.closing);
  }
}

type Result = { kind: 'handled' } | { kind: 'abandoned' } | { kind: 'failed'; error: unknown };

async function once(event: DomainEvent, { group, handler, abandon }: DeliveryOptions): Promise<Result> {
  const handled = inConsumerSpan(event, group, () => handler(event)).then(
    (): Result => ({ kind: 'handled' }),
    (error: unknown): Result => ({ kind: 'failed', error }),
  );
  const { promise: abandoned, resolve } = Promise.withResolvers<Result>();
  const onAbort = () => resolve({ kind: 'abandoned' });
  if (abandon.aborted) onAbort();
  abandon.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([handled, abandoned]);
  } finally {
    abandon.removeEventListener('abort', onAbort);
  }
}

/** A database or peer that is down would poison every event in turn: such failures wait, they do not park. */
function isOutage(error: unknown): boolean {
  return error instanceof SmartantError && (error.kind === 'unavailable' || error.kind === 'timeout');
}

function describeError(error: unknown): { reason: string; errorCode: string | null } {
  return { reason: error instanceof Error ? error.message : String(error), errorCode: error instanceof SmartantError ? error.code : null };
}

/** Waits, or less when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
