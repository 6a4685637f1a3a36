import type { z } from 'zod';
import { toSmartantError, type ErrorKind, type SmartantError } from '@smartant/kernel';
import type { problem } from '../schemas/platform-schemas';

export type Problem = z.output<typeof problem>;

const STATUS_BY_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  precondition: 409,
  'too-many': 429,
  cancelled: 499,
  internal: 500,
  unavailable: 503,
  timeout: 504,
};

/** Codes for which HTTP has a more telling status than that of their kind. */
const STATUS_BY_CODE: Record<string, number> = {
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  METHOD_NOT_ALLOWED: 405,
  DRAFT_VERSION_MISMATCH: 412,
  MIGRATION_VERSION_MISMATCH: 412,
  NOTIFY_VERSION_STALE: 412,
  URL_TOO_LONG: 414,
};

const TITLES: Record<number, string> = {
  400: 'The request is wrong',
  401: 'Sign-in needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Not possible in this state',
  412: 'Changed in the meantime',
  413: 'Too large',
  414: 'Address too long',
  415: 'Not JSON',
  429: 'Too many requests',
  499: 'Cancelled',
  500: 'Something went wrong here',
  503: 'Not available just now',
  504: 'Took too long',
};

/** RFC 9457. The cause of an error never leaves the process: it may name hosts, paths or statements. */
export function toProblem(thrown: unknown, traceId: string): Problem {
  const error = toSmartantError(thrown);
  const status = statusOf(error);
  return {
    type: `urn:smartant:error:${error.code}`,
    title: TITLES[status] ?? 'Problem',
    status,
    detail: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    docs: `docs/errors#${error.code}`,
    ...(error.fields.length > 0 ? { fields: error.fields } : {}),
    ...(Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    retryable: error.retryable,
    ...(error.retry.kind === 'after' ? { retryAfterMs: error.retry.delayMs } : {}),
    traceId,
  };
}

function statusOf(error: SmartantError): number {
  return STATUS_BY_CODE[error.code] ?? STATUS_BY_KIND[error.kind];
}
