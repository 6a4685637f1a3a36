import type { ChannelError } from '../../application/ports/channel-error';
import { refused, type Reason } from '../channel-refusals';
import type { HttpAnswer } from './channel-http';
import { retryAfterMs } from './retry-after';

/** What a status says where the provider has no code of its own. */
const STATUSES: Readonly<Record<number, Reason>> = {
  401: 'credentials',
  402: 'balance',
  403: 'credentials',
  404: 'gone',
  405: 'gone',
  407: 'credentials',
  408: 'timeout',
  410: 'gone',
  425: 'failed',
  429: 'throttled',
};

export function succeeded({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** For an answer that is no success. `own`: what some statuses mean at this provider. */
export function statusRefusal(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  nowMs: number,
  own: Readonly<Record<number, Reason>> = {},
): ChannelError {
  const reason = own[status] ?? STATUSES[status] ?? reasonOfClass(status);
  // Not only 429: a 503 may say when, too.
  return refused(reason, { providerCode: String(status), retryAfterMs: retryAfterMs(headers['retry-after'], nowMs) });
}

function reasonOfClass(status: number): Reason {
  if (status >= 500) return 'failed';
  if (status >= 400) return 'message';
  return status >= 300 ? 'moved' : 'answer';
}
