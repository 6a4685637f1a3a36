import { SmartantError, type ErrorKind } from '@smartant/kernel';
import type { Schema } from '@smartant/contracts/openapi';

const KINDS: Record<number, ErrorKind> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  412: 'precondition',
  422: 'invalid',
  429: 'too-many',
  499: 'cancelled',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

/** A server's refusal as our own error: its code, hint, fields and trace id are kept. */
export function problemToError(status: number, body: unknown): SmartantError {
  const problem = isProblem(body) ? body : undefined;
  const kind = KINDS[status] ?? (status < 500 ? 'invalid' : 'internal');
  if (!problem) return notOurs(status, kind);
  return new SmartantError(problem.code, problem.detail || problem.title, {
    kind,
    retry: problem.retryable ? { kind: 'backoff' } : { kind: 'never' },
    hint: problem.hint,
    fields: problem.fields,
    details: { traceId: problem.traceId, docs: problem.docs },
  });
}

function notOurs(status: number, kind: ErrorKind): SmartantError {
  return new SmartantError('CLI_UNEXPECTED_ANSWER', `The server answered with status ${status} and no explanation.`, {
    kind,
    retry: status >= 500 ? { kind: 'backoff' } : { kind: 'never' },
    hint: 'Check with "smartant whoami" that the address is that of a SmartAnt API, and that no proxy stands between.',
  });
}

function isProblem(body: unknown): body is Schema<'Problem'> {
  const candidate = body as Partial<Schema<'Problem'>> | null;
  return typeof candidate === 'object' && typeof candidate?.code === 'string' && typeof candidate.detail === 'string';
}

/** The server could not be reached at all. */
export function unreachable(url: string, cause: unknown): SmartantError {
  const reason = (cause as { cause?: { code?: string } }).cause?.code;
  return new SmartantError('CLI_UNREACHABLE', `SmartAnt cannot be reached at ${url}${reason ? ` (${reason})` : ''}.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'Start it with "npm start" in the clone, or sign in to where it runs with "smartant login URL".',
    cause,
  });
}
