import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { Any, rpcDetails, RpcStatus } from '@smartant/contracts';
import { SmartantError, type Actor, type Retry, type SmartantErrorOptions } from '@smartant/kernel';
import { isErrorKind, kindOfStatus, statusOfKind } from './status-codes';

/** The domain of our `google.rpc.ErrorInfo`. */
export const ERROR_DOMAIN = 'smartant.io';
/** The trailer of the richer error model: https://grpc.io/docs/guides/error/#richer-error-model */
const DETAILS_TRAILER = 'grpc-status-details-bin';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/**
 * What a gRPC server sends for an error: status by `kind` and `actor`, the message, and `google.rpc.Status` details: ErrorInfo (reason = code; the
 * facts in `details`; kind, actor, retry and hint under `error*` names), RetryInfo, PreconditionFailure and BadRequest.
 * The cause stays here: it may hold secrets.
 */
export function toGrpcError(error: SmartantError): ServiceError {
  const code = statusOf(error);
  const details = [any('ErrorInfo', rpcDetails.ErrorInfo.encode(errorInfoOf(error)).finish())];
  if (error.retry.kind === 'after') {
    const { delayMs } = error.retry;
    const retryDelay = { seconds: Math.floor(delayMs / 1_000), nanos: Math.round(delayMs % 1_000) * 1_000_000 };
    details.push(any('RetryInfo', rpcDetails.RetryInfo.encode({ retryDelay }).finish()));
  }
  if (error.kind === 'precondition') {
    const violations = [{ type: error.code, subject: error.details['subject'] ?? '', description: error.message }];
    details.push(any('PreconditionFailure', rpcDetails.PreconditionFailure.encode({ violations }).finish()));
  }
  if (error.fields.length > 0) {
    const fieldViolations = error.fields.map(({ field, message }) => ({ field, description: message, reason: error.code }));
    details.push(any('BadRequest', rpcDetails.BadRequest.encode({ fieldViolations }).finish()));
  }
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, Buffer.from(RpcStatus.encode({ code, message: error.message, details }).finish()));
  return Object.assign(new Error(error.message), { code, details: error.message, metadata });
}

/**
 * Where an endpoint of the user is away, the service that says so is well: a mesh that counted its answers as failures would eject replica after
 * replica, and ask the next one in vain. Our own clients go by the kind, which is told beside the status.
 */
function statusOf({ kind, actor }: SmartantError): status {
  const isOfEndpoint = actor === 'user' && (kind === 'unavailable' || kind === 'timeout');
  return isOfEndpoint ? status.FAILED_PRECONDITION : statusOfKind(kind);
}

/**
 * The error a gRPC call ended with, as ours: the sender's own code, kind, retry, hint, fields and details where it sent them, else
 * `RPC_UNAVAILABLE`, `RPC_DEADLINE_EXCEEDED`, `RPC_FORBIDDEN`, `RPC_UNIMPLEMENTED`, `CANCELLED` or `RPC_FAILED` by its status.
 */
export function fromGrpcError(error: unknown, path = ''): SmartantError {
  if (error instanceof SmartantError) return error;
  const failure = error as Partial<ServiceError>;
  if (typeof failure.code !== 'number') return rpcFailed(failure, path);
  return sentError(failure) ?? statusError(failure, path);
}

/** The error that its sender described, if it is one of ours. */
function sentError(failure: Partial<ServiceError>): SmartantError | undefined {
  const trailer = failure.metadata?.get(DETAILS_TRAILER)[0];
  if (!Buffer.isBuffer(trailer)) return undefined;
  const details = decodeDetails(trailer);
  if (details.info?.domain !== ERROR_DOMAIN) return undefined;
  const { errorKind, errorActor, errorRetry, errorHint, ...facts } = details.info.metadata;
  return new SmartantError(details.info.reason, details.message, {
    kind: isErrorKind(errorKind) ? errorKind : kindOfStatus(failure.code ?? status.UNKNOWN),
    actor: errorActor as Actor | undefined,
    retry:
      details.retryDelayMs === undefined
        ? ({ kind: errorRetry === 'backoff' ? 'backoff' : 'never' } as Retry)
        : { kind: 'after', delayMs: details.retryDelayMs },
    hint: errorHint,
    fields: details.fields,
    details: facts,
    cause: failure,
  });
}

function decodeDetails(trailer: Buffer) {
  const found: { message: string; info?: rpcDetails.ErrorInfo; retryDelayMs?: number; fields: { field: string; message: string }[] } = {
    message: '',
    fields: [],
  };
  try {
    const sent = RpcStatus.decode(trailer);
    found.message = sent.message;
    for (const { typeUrl, value } of sent.details) {
      if (typeUrl === `${TYPE_PREFIX}ErrorInfo`) found.info = rpcDetails.ErrorInfo.decode(value);
      if (typeUrl === `${TYPE_PREFIX}RetryInfo`) {
        const delay = rpcDetails.RetryInfo.decode(value).retryDelay;
        if (delay) found.retryDelayMs = delay.seconds * 1_000 + delay.nanos / 1_000_000;
      }
      if (typeUrl === `${TYPE_PREFIX}BadRequest`) {
        const { fieldViolations } = rpcDetails.BadRequest.decode(value);
        found.fields = fieldViolations.map(({ field, description }) => ({ field, message: description }));
      }
    }
  } catch {
    found.info = undefined; // Not the details they claim to be: the status alone counts.
  }
  return found;
}

function statusError(failure: Partial<ServiceError>, path: string): SmartantError {
  const options = (more: Partial<SmartantErrorOptions>): SmartantErrorOptions => ({
    kind: kindOfStatus(failure.code ?? status.UNKNOWN),
    details: { method: path },
    cause: failure,
    ...more,
  });
  switch (failure.code) {
    case status.UNAVAILABLE:
      return new SmartantError(
        'RPC_UNAVAILABLE',
        `The service behind ${path} cannot be reached.`,
        options({ retry: { kind: 'backoff' }, hint: 'Check that the service runs, its address, and the certificates of both sides.' }),
      );
    case status.DEADLINE_EXCEEDED:
      return new SmartantError(
        'RPC_DEADLINE_EXCEEDED',
        `${path} gave no answer in time.`,
        options({ retry: { kind: 'backoff' }, hint: 'Look at the load and the logs of the service that was called.' }),
      );
    case status.PERMISSION_DENIED:
    case status.UNAUTHENTICATED:
      return new SmartantError(
        'RPC_FORBIDDEN',
        `This service may not call ${path}.`,
        options({ actor: 'operator', hint: 'Check which certificate (or mesh identity) the caller uses.' }),
      );
    case status.UNIMPLEMENTED:
      return new SmartantError(
        'RPC_UNIMPLEMENTED',
        `The service does not know ${path}.`,
        options({ actor: 'operator', hint: 'Run the same version of all services.' }),
      );
    case status.CANCELLED:
      return new SmartantError('CANCELLED', 'The work was cancelled.', options({ actor: 'user' }));
    default:
      return rpcFailed(failure, path);
  }
}

function rpcFailed(failure: Partial<ServiceError>, path: string): SmartantError {
  const name = failure.code === undefined ? 'no status' : status[failure.code];
  return new SmartantError('RPC_FAILED', `${path} failed (${name}).`, {
    kind: kindOfStatus(failure.code ?? status.UNKNOWN),
    hint: 'Look for the trace id in the logs of both services.',
    details: { method: path },
    cause: failure,
  });
}

function errorInfoOf(error: SmartantError): rpcDetails.ErrorInfo {
  return {
    reason: error.code,
    domain: ERROR_DOMAIN,
    metadata: {
      ...error.details,
      errorKind: error.kind,
      errorActor: error.actor,
      errorRetry: error.retry.kind,
      ...(error.hint === undefined ? {} : { errorHint: error.hint }),
    },
  };
}

function any(type: string, value: Uint8Array): Any {
  return { typeUrl: TYPE_PREFIX + type, value: Buffer.from(value) };
}
