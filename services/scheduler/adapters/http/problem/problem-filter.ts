import { HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SmartantError } from '@smartant/kernel';
import type { Logger } from '@smartant/platform/logging';
import { LOGGER, OPTIONS, type HttpApiOptions } from '../http-api-options';
import { noteRefusal } from './note-refusal';
import { traceIdOf } from '../request/request-state';
import { methodsOf } from './methods-of';
import { toProblem, type Problem } from './to-problem';

/** Everything that is thrown on the way to an answer becomes a problem document. */
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OPTIONS) private readonly options: HttpApiOptions,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = thrown instanceof HttpException ? fromNest(thrown, request, response) : thrown;
    const problem = toProblem(error, traceIdOf(request));
    if (problem.status >= 500) this.logger.error({ err: error, traceId: problem.traceId, code: problem.code }, 'request failed');
    if (problem.status === 403) noteRefusal(request, problem.code, this.options.refusals);
    if (response.headersSent) response.destroy();
    else sendProblem(request, response, problem);
  }
}

export function sendProblem(request: Request, response: Response, problem: Problem): void {
  response.status(problem.status).type('application/problem+json');
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="smartant"');
  if (problem.retryAfterMs !== undefined) response.setHeader('Retry-After', String(Math.ceil(problem.retryAfterMs / 1_000)));
  // A body that was refused unread would be taken for the next request on this connection.
  if (!request.complete) response.setHeader('Connection', 'close');
  response.end(JSON.stringify(problem));
}

/** Nest itself throws only for routes that are not there and for paths that can't be decoded. */
function fromNest(exception: HttpException, request: Request, response: Response): unknown {
  if (exception.getStatus() === 404) {
    const allowed = methodsOf(request.path);
    if (allowed.length === 0) {
      return new SmartantError('ROUTE_NOT_FOUND', 'There is nothing at this address.', {
        kind: 'not-found',
        hint: 'See /docs for all operations.',
      });
    }
    response.setHeader('Allow', allowed.join(', '));
    return new SmartantError('METHOD_NOT_ALLOWED', `${request.method} is not possible here.`, {
      kind: 'invalid',
      hint: `Possible: ${allowed.join(', ')}.`,
    });
  }
  if (exception.getStatus() >= 500) return exception;
  return new SmartantError('REQUEST_MALFORMED', 'The request cannot be read.', {
    kind: 'invalid',
    hint: 'Check the address: percent signs must be followed by two hexadecimal digits.',
    cause: exception,
  });
}
