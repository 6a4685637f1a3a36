import type { Dispatcher } from 'undici';
import type { WriteGuard } from '@smartant/connectors';
import type { SmartantError } from '@smartant/kernel';
import { guardedPieces, isOnePiece } from './guarded-body';
import type { RetryBudget } from './retry-policy';
import { isScratch } from './scratch-folder';

export interface S3Request {
  method: 'GET' | 'PUT' | 'HEAD' | 'POST' | 'DELETE';
  /** Full key in the bucket. Absent: the bucket itself. */
  key?: string;
  query?: Record<string, string>;
  /** Lower-case names; values outside Latin-1 are sent as UTF-8. */
  headers?: Record<string, string>;
  body?: Buffer;
  /** The longest acceptable answer. */
  maxBytes?: number;
  /** Where the body of a good answer goes, if it fits; else memory is taken for it. */
  into?: Buffer;
  /** For messages: "put an object". */
  operation: string;
  budget?: RetryBudget;
  /** It changes or removes an object: not so a part of an upload, which is no object yet. */
  changesObject?: true;
  guard?: WriteGuard;
}

/**
 * The store was asked and its answer not heard; whatever comes of it, no condition will refuse it once others have written. Nor does one where the
 * object is taken away again: a scratch object that must be absent is written then.
 */
export function mayStillLand({ key = '', changesObject, headers = {} }: S3Request, failure: SmartantError): boolean {
  const isProtected = ('if-match' in headers || 'if-none-match' in headers) && !isScratch(key);
  if (!changesObject || isProtected) return false;
  const { status } = failure.details;
  return status === undefined || Number(status) >= 500;
}

/** undici takes iterables too, and asks for the next piece when the connection has taken the one before; its types do not say so. */
export function bodyOnTheWire(
  { body, guard }: S3Request,
  headers: Record<string, string>,
): Pick<Dispatcher.DispatchOptions, 'body' | 'headers'> {
  if (!body || !guard || isOnePiece(body)) return { headers, body: body ?? null };
  return { headers: { ...headers, 'content-length': String(body.length) }, body: guardedPieces(body, () => guard.mayWrite()) as never };
}
