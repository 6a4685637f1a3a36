/** Whether trying the same thing again can help, and when. */
export type Retry = { kind: 'never' } | { kind: 'backoff' } | { kind: 'after'; delayMs: number };

/** Who has to act so that the error goes away. */
export type Actor = 'user' | 'operator' | 'bug';

/** What class of outcome an error is. Edges map it to a gRPC status and an HTTP status. */
export type ErrorKind =
  | 'invalid' // the request is wrong: 400, INVALID_ARGUMENT
  | 'unauthenticated' // 401, UNAUTHENTICATED
  | 'forbidden' // 403, PERMISSION_DENIED
  | 'not-found' // 404, NOT_FOUND
  | 'conflict' // 409, ALREADY_EXISTS or ABORTED
  | 'precondition' // 409, FAILED_PRECONDITION: not allowed in this state
  | 'too-many' // 429, RESOURCE_EXHAUSTED
  | 'unavailable' // 503, UNAVAILABLE
  | 'timeout' // 504, DEADLINE_EXCEEDED
  | 'cancelled' // 499, CANCELLED
  | 'internal'; // 500, INTERNAL

export interface FieldError {
  /** Dotted path of the field, for example "spec.limits.concurrency". */
  field: string;
  message: string;
}

export interface SmartantErrorOptions {
  kind: ErrorKind;
  retry?: Retry;
  actor?: Actor;
  /** What to do about it, one sentence. */
  hint?: string;
  fields?: FieldError[];
  /** Small, safe facts for logs and clients. Never a secret. */
  details?: Record<string, string>;
  cause?: unknown;
}

/**
 * The one error type that crosses layers. `code` is stable, SCREAMING_SNAKE_CASE, prefixed by its area
 * (for example `STORAGE_BUCKET_NOT_FOUND`), and documented in docs/errors.md.
 */
export class SmartantError extends Error {
  readonly kind: ErrorKind;
  readonly retry: Retry;
  readonly actor: Actor;
  readonly hint: string | undefined;
  readonly fields: FieldError[];
  readonly details: Record<string, string>;

  constructor(
    readonly code: string,
    message: string,
    options: SmartantErrorOptions,
  ) {
    super(message, { cause: options.cause });
    this.name = 'SmartantError';
    this.kind = options.kind;
    this.retry = options.retry ?? defaultRetry(options.kind);
    this.actor = options.actor ?? defaultActor(options.kind);
    this.hint = options.hint;
    this.fields = options.fields ?? [];
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return this.retry.kind !== 'never';
  }
}

/** What is only unavailable or late may work the next time; everything else stays as it is. */
function defaultRetry(kind: ErrorKind): Retry {
  return { kind: kind === 'unavailable' || kind === 'timeout' ? 'backoff' : 'never' };
}

function defaultActor(kind: ErrorKind): Actor {
  if (kind === 'internal') return 'bug';
  return kind === 'unavailable' || kind === 'timeout' ? 'operator' : 'user';
}

/** An abort by its name: a DOMException may come from another realm, where instanceof fails. */
function isAbort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}

/** Any thrown value as a SmartantError; what is unknown becomes `INTERNAL_ERROR` with its cause kept. */
export function toSmartantError(error: unknown): SmartantError {
  if (error instanceof SmartantError) return error;
  if (isAbort(error)) {
    return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user', cause: error });
  }
  return new SmartantError('INTERNAL_ERROR', 'An unexpected error happened.', {
    kind: 'internal',
    hint: 'Look for the trace id in the logs and report it.',
    cause: error,
  });
}
