import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { currentTraceId } from '@smartant/platform/telemetry';
import type { TokenSubject } from '../../../application/identity/access-tokens';
import type { Place } from '../access/place';
import type { RouteDefinition } from '../route-definition';

/** What the parts of the edge tell each other about one request. */
interface RequestState {
  subject?: TokenSubject;
  /** Why there is no subject. */
  refusal?: unknown;
  place?: Place;
  /** What was asked for, where it is in the route table. */
  route?: RouteDefinition;
  traceId?: string;
}

const states = new WeakMap<Request, RequestState>();

export function requestState(request: Request): RequestState {
  let state = states.get(request);
  if (!state) states.set(request, (state = {}));
  return state;
}

/** The trace that this request belongs to; a random id where tracing is off, so that a problem can still be found in the log. */
export function traceIdOf(request: Request): string {
  const state = requestState(request);
  state.traceId ??= currentTraceId() ?? randomBytes(16).toString('hex');
  return state.traceId;
}
