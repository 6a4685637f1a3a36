import { SmartantError } from '@smartant/kernel';
import { tlsError } from '@smartant/platform/egress';
import { backoff, classByCode, classes, type Class } from './s3-error-classes';

/** What a store said when it refused: the code of its XML answer, or only a status (HEAD has no body). */
export interface S3Refusal {
  status: number;
  s3Code?: string;
  message?: string;
  /** What was asked, for the message: "PUT object". Never the key's content, never a header. */
  operation: string;
  /** Amazon tells the right region of a bucket with some refusals. */
  bucketRegion?: string;
  requestId?: string;
  /** Whether the request named an object: a bodyless 404 then means the object. */
  namesObject: boolean;
}

function classByStatus(refusal: S3Refusal): keyof typeof classes {
  const { status } = refusal;
  if (status === 404) return refusal.namesObject ? 'noObject' : 'noBucket';
  if (status === 403) return 'denied';
  if (status === 401) return 'credentials';
  if (status === 412) return 'precondition';
  if (status === 429) return 'throttled';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 501 || status === 405) return 'unsupported';
  if (status === 507) return 'full';
  if (status === 301 || status === 307) return 'region';
  return status >= 500 ? 'unavailable' : 'rejected';
}

/** A store's refusal as one of ours: by its code where we know it, else by its status; never by its text. */
export function refusalError(refusal: S3Refusal): SmartantError {
  const known = refusal.s3Code === undefined ? undefined : classByCode[refusal.s3Code];
  // A bodyless 400 to a HEAD that names the bucket is how Amazon answers a request signed for another region.
  const name = known ?? (refusal.status === 400 && refusal.bucketRegion ? 'region' : classByStatus(refusal));
  const found: Class = classes[name];
  const details: Record<string, string> = { status: String(refusal.status), operation: refusal.operation };
  if (refusal.s3Code) details['s3Code'] = refusal.s3Code;
  if (refusal.requestId) details['requestId'] = refusal.requestId;
  if (refusal.bucketRegion) details['bucketRegion'] = refusal.bucketRegion;
  const said = refusal.s3Code ? `${refusal.s3Code}${refusal.message ? `: ${refusal.message}` : ''}` : `status ${refusal.status}`;
  return new SmartantError(found.code, `${found.text} (${refusal.operation}; ${said}).`, { ...found, actor: 'user', details });
}

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** A failure below HTTP (no answer, or half of one) as one of ours. `SmartantError`s pass through: the egress guard's is one. */
export function transportError(error: unknown, operation: string): SmartantError {
  const chain = causesOf(error);
  const ours = chain.find((cause) => cause instanceof SmartantError);
  if (ours instanceof SmartantError) return ours;
  // A server may refuse the client's certificate only after the handshake (TLS 1.3).
  const ofTls = chain.map((cause) => tlsError(cause)).find((found) => found !== undefined);
  if (ofTls) return ofTls;
  const codes = chain.map((cause) => (cause as { code?: unknown }).code).filter((code) => typeof code === 'string');
  const details = { operation, ...(codes[0] ? { cause: codes[0] } : {}) };
  if (codes.some((code) => timeoutCodes.has(code))) {
    return new SmartantError('STORAGE_TIMEOUT', `The store did not answer in time (${operation}).`, {
      kind: 'timeout',
      actor: 'user',
      retry: backoff,
      details,
      cause: error,
    });
  }
  return new SmartantError('STORAGE_UNREACHABLE', `The store could not be reached (${operation}${codes[0] ? `; ${codes[0]}` : ''}).`, {
    kind: 'unavailable',
    actor: 'user',
    retry: backoff,
    hint: 'Check the service URL and the network between here and the store.',
    details,
    cause: error,
  });
}

/** Failures before anything was sent: the request cannot have been carried out. */
const unsentCodes = new Set([
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Raised while a connection was made: before anything of a request was sent, and not because of what was asked. */
export function failedOnTheWay(error: SmartantError): boolean {
  return /^(WAY|TLS|EGRESS)_/.test(error.code);
}

/** True when the store may have carried the request out although it failed here. */
export function mayHaveHappened(error: SmartantError): boolean {
  if (failedOnTheWay(error)) return false;
  if (['STORAGE_THROTTLED', 'STORAGE_CHECKSUM_MISMATCH', 'STORAGE_PRECONDITION_FAILED'].includes(error.code)) return false;
  return !causesOf(error.cause).some((cause) => unsentCodes.has(String((cause as { code?: unknown }).code)));
}

function causesOf(error: unknown): object[] {
  if (typeof error !== 'object' || error === null) return [];
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  return [error, ...causesOf(cause), ...(Array.isArray(errors) ? errors.flatMap(causesOf) : [])];
}
