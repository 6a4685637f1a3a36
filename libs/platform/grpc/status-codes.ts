import { status } from '@grpc/grpc-js';
import type { ErrorKind } from '@smartant/kernel';

const STATUS_OF_KIND: Record<ErrorKind, status> = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  conflict: status.ABORTED,
  precondition: status.FAILED_PRECONDITION,
  'too-many': status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
};

export function statusOfKind(kind: ErrorKind): status {
  return STATUS_OF_KIND[kind];
}

/** The kind an error had that arrives with nothing but its status, from a proxy or a peer of another make. */
export function kindOfStatus(code: status): ErrorKind {
  if (code === status.OUT_OF_RANGE) return 'invalid';
  if (code === status.ALREADY_EXISTS) return 'conflict';
  const known = Object.entries(STATUS_OF_KIND).find(([, value]) => value === code);
  return (known?.[0] as ErrorKind | undefined) ?? 'internal';
}

export function isErrorKind(text: string | undefined): text is ErrorKind {
  return text !== undefined && text in STATUS_OF_KIND;
}
