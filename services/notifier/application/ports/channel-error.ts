import { SmartantError } from '@smartant/kernel';
import type { Refusal } from './channel';

const KINDS = { retry: 'unavailable', 'give-up': 'invalid', reconfigure: 'precondition' } as const;

export interface ChannelErrorOptions {
  /** The provider's own code, as it gave it. */
  providerCode?: string;
  /** When the provider said to come again; absent: by the delivery's own backoff. */
  retryAfterMs?: number;
  hint?: string;
  cause?: unknown;
}

/** A message that a channel could not deliver, and what may be done about it. */
export class ChannelError extends SmartantError {
  readonly providerCode: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    readonly refusal: Refusal,
    options: ChannelErrorOptions = {},
  ) {
    super(code, message, {
      kind: KINDS[refusal],
      actor: refusal === 'retry' ? 'operator' : 'user',
      ...(refusal === 'retry' ? {} : { retry: { kind: 'never' } }),
      ...(options.hint === undefined ? {} : { hint: options.hint }),
      cause: options.cause,
    });
    this.providerCode = options.providerCode ?? '';
    this.retryAfterMs = options.retryAfterMs;
  }
}
