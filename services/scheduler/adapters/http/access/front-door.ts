import { SmartantError } from '@smartant/kernel';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from '@smartant/platform/logging';
import type { Identity } from '../../../application/identity/identity';
import { VerifiedTokens } from '../../../application/identity/verified-tokens';
import type { AdmissionClass } from '../../admission/admission-class';
import type { SchedulerGate } from '../../admission/scheduler-gate';
import { toProblem } from '../problem/to-problem';
import { requestState, traceIdOf } from '../request/request-state';
import type { RouteDefinition } from '../route-definition';
import { Place } from './place';
import { RequestRateLimit, type RequestRate } from './request-rate';
import { routeMatcher } from './route-matcher';
import { SlowRefusals } from './slow-refusals';

/**
 * Finds out who asks and for what, and lets the request in when there is a place for it. It stands before everything else: what is refused
 * has cost no log line, no body and no handler.
 */
export class FrontDoor {
  private readonly match: ReturnType<typeof routeMatcher>;
  private readonly tokens: VerifiedTokens;
  private readonly slowly = new SlowRefusals();
  private readonly rate: RequestRateLimit;

  constructor(
    private readonly gate: SchedulerGate,
    private readonly identity: Identity,
    routes: readonly RouteDefinition[],
    { requestRate, logger }: { requestRate?: RequestRate; logger?: Logger } = {},
  ) {
    this.rate = new RequestRateLimit(requestRate, (caller) => logger?.warn({ caller }, 'a caller sends too many requests and is refused'));
    this.match = routeMatcher(routes);
    this.tokens = new VerifiedTokens(identity.tokens);
  }

  /** Answers by itself what is refused. */
  readonly middleware: RequestHandler = (request: Request, response: Response, next: NextFunction) => {
    this.admit(this.match(request.method, request.path), request, response).then(
      () => next(),
      (error: unknown) => {
        // Nobody is left to answer.
        if (!response.destroyed) this.slowly.refuse(callerOf(request), response, () => refuse(request, response, error));
      },
    );
  };

  /** Whether this is one of many that are being refused: spans for each would cost more than the refusal. Transitions are always traced. */
  isFlooded(method: string, path: string): boolean {
    const name = this.match(method, path)?.admission ?? 'report';
    return name !== 'transition' && this.gate.isRefusing(name);
  }

  /**
   * Resolves when the request has its place; at once when it has one already. A token that is not good is not refused here: that is left to
   * the access guard. Raises REQUEST_RATE_LIMITED, ADMISSION_OVERLOADED or ADMISSION_CALLER_LIMIT.
   */
  async admit(route: RouteDefinition | undefined, request: Request, response: Response): Promise<void> {
    const state = requestState(request);
    if (state.place) return;
    state.route = route;
    if (route && route.permission !== 'public') await this.identify(request);
    await this.rate.take(callerOf(request), response);
    const gone = new AbortController();
    const hangUp = () => gone.abort();
    response.once('close', hangUp);
    // Taken off also after a refusal: an abort that nobody hears would make an exception for each.
    const permit = await this.gate
      .enter(classOf(route, request), callerOf(request), gone.signal)
      .finally(() => response.off('close', hangUp));
    const place = new Place(permit);
    state.place = place;
    if (response.destroyed) place.close();
    else response.once('close', () => place.close());
  }

  private async identify(request: Request): Promise<void> {
    const state = requestState(request);
    try {
      state.subject ??= await this.identity.standings.confirm(await this.tokens.verify(bearerToken(request)));
    } catch (error) {
      state.refusal = error;
    }
  }
}

/** Whoever must not crowd out others: a user of a workspace, with all keys; without a good token the address. */
function callerOf(request: Request): string {
  const { subject } = requestState(request);
  return subject ? `${subject.workspaceId}/${subject.userId}` : `address:${request.ip}`;
}

/** By the shortest way: while a flood lasts, this is most of what the process does. */
function refuse(request: Request, response: Response, error: unknown): void {
  const problem = toProblem(error, traceIdOf(request));
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Trace-Id': problem.traceId,
    ...(problem.retryAfterMs === undefined ? {} : { 'Retry-After': Math.ceil(problem.retryAfterMs / 1_000) }),
    // A body that was refused unread would be taken for the next request on this connection.
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  response.end(body);
}

/** What is not in the route table (documentation, addresses that do not exist) is worth as little as a report. */
function classOf(route: RouteDefinition | undefined, request: Request): AdmissionClass {
  if (!route) return 'report';
  const other = route.otherAnswer;
  return other && request.query[other.flag] === 'true' ? other.admission : route.admission;
}

function bearerToken(request: Request): string {
  const [scheme = '', token = '', ...rest] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer' && token !== '' && rest.length === 0) return token;
  throw new SmartantError('TOKEN_MISSING', 'The request has no access token.', {
    kind: 'unauthenticated',
    hint: 'Sign in with POST /v1/auth/token and send "Authorization: Bearer <accessToken>".',
  });
}
