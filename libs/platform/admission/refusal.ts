import { SmartantError } from '@smartant/kernel';

export type RefusalReason = 'overload' | 'caller';

/**
 * Nothing was done: the request may be sent again whatever it asks for. The pause is drawn between once and twice `retryAfterMs`, so that
 * those who were refused together do not come back together.
 */
export function refusal(reason: RefusalReason, name: string, retryAfterMs: number): SmartantError {
  // Always raised at the same place: under a flood the stack would cost more than all the rest of a refusal.
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return describe(reason, name, retryAfterMs);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

function describe(reason: RefusalReason, name: string, retryAfterMs: number): SmartantError {
  const delayMs = Math.round(retryAfterMs * (1 + Math.random()));
  const retry = { kind: 'after', delayMs } as const;
  if (reason === 'caller') {
    return new SmartantError('ADMISSION_CALLER_LIMIT', 'You have too many requests of this kind under way.', {
      kind: 'too-many',
      actor: 'user',
      retry,
      hint: 'Wait for earlier answers before you ask again.',
      details: { class: name },
    });
  }
  return new SmartantError('ADMISSION_OVERLOADED', 'The service is too busy for this request just now.', {
    kind: 'unavailable',
    actor: 'operator',
    retry,
    hint: 'Nothing was done. Try again after the time that is named.',
    details: { class: name },
  });
}
