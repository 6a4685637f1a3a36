import type { Request } from 'express';
import type { z } from 'zod';
import { SmartantError, type FieldError } from '@smartant/kernel';
import type { RouteDefinition, RouteInput } from '../route-definition';
import { pathParameterNames } from '../route-definition';
import { fieldErrors } from './field-errors';
import type { TokenSubject } from '../../../application/identity/access-tokens';
import { requestState, traceIdOf } from './request-state';
import { unstorableTexts } from './storable-text';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;
const ETAG = /^"(\d{1,15})"$/;

/** Everything a handler gets, checked. All wrong fields are named at once. Raises REQUEST_INVALID. */
export function readInput(route: RouteDefinition, request: Request): RouteInput<RouteDefinition> {
  const errors: FieldError[] = [];
  const params = readParams(route, request, errors);
  const query = check(route.query, request.query, '', errors);
  const body = check(route.body, request.body, '', errors);
  const requestId = readHeader(
    request,
    'idempotency-key',
    IDEMPOTENCY_KEY,
    'must be 1 to 128 visible ASCII characters',
    errors,
    route.idempotent,
  );
  const expectedVersion = readHeader(
    request,
    'if-match',
    ETAG,
    'must be an ETag as it was received, for example "7"',
    errors,
    route.ifMatch,
  );
  if (errors.length > 0) throw requestInvalid(errors);
  return {
    caller: callerOf(request),
    params,
    query,
    body,
    requestId,
    expectedVersion: expectedVersion === undefined ? undefined : Number(expectedVersion.slice(1, -1)),
    address: request.ip ?? '',
  } as RouteInput<RouteDefinition>;
}

function callerOf(request: Request): TokenSubject | undefined {
  const { subject } = requestState(request);
  if (!subject) return undefined;
  return { ...subject, origin: { address: request.ip ?? '', credential: subject.credential, traceId: traceIdOf(request) } };
}

export function requestInvalid(fields: FieldError[]): SmartantError {
  const [first] = fields;
  const message =
    fields.length === 1 && first
      ? `${first.field === '' ? 'The request' : first.field} ${first.message}.`
      : `${fields.length} fields are wrong.`;
  return new SmartantError('REQUEST_INVALID', message, {
    kind: 'invalid',
    hint: 'Correct the fields that are named and send it again.',
    fields,
  });
}

function readParams(route: RouteDefinition, request: Request, errors: FieldError[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const name of pathParameterNames(route.path)) {
    const value = String(request.params[name] ?? '');
    // eslint-disable-next-line no-control-regex
    if (value.length > 200 || /[\u0000-\u001f\u007f]/.test(value)) {
      errors.push({ field: name, message: 'must be at most 200 characters long, without control characters' });
    }
    params[name] = value;
  }
  return params;
}

function check(schema: z.ZodType | undefined, value: unknown, root: string, errors: FieldError[]): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (result.success) {
    errors.push(...unstorableTexts(result.data, root));
    return result.data;
  }
  errors.push(...fieldErrors(result.error.issues, root));
  return undefined;
}

function readHeader(
  request: Request,
  name: string,
  form: RegExp,
  message: string,
  errors: FieldError[],
  used: boolean | undefined,
): string | undefined {
  const value = request.headers[name];
  if (!used || value === undefined || (name === 'if-match' && value === '*')) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  errors.push({ field: name, message });
  return undefined;
}
