import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { SmartantError } from '@smartant/kernel';
import { toProblem } from '../problem/to-problem';
import { traceIdOf } from './request-state';

/** Longer than any address of ours: page tokens and paths to discover are the longest parts. */
const LONGEST_URL_BYTES = 8 * 1024;

/**
 * Headers that decide who asks, for what and how it is read. Of two, Node keeps the first, and whoever stands in front may have
 * judged the other one. Two of Host or Content-Length never come this far.
 */
const ONCE = new Set(['authorization', 'content-type', 'content-encoding', 'if-match', 'idempotency-key', 'host', 'origin', 'cookie']);

/** Refuses what no client of ours sends, before anything is done for it. */
export const refuseOddRequests: RequestHandler = (request: Request, response: Response, next: NextFunction) => {
  const problem = problemOf(request);
  if (problem === undefined) return next();
  const body = toProblem(problem, traceIdOf(request));
  // The rest of it is not read, so that it is not taken for another request.
  response.setHeader('Connection', 'close');
  response.status(body.status).type('application/problem+json').send(JSON.stringify(body));
};

function problemOf(request: Request): SmartantError | undefined {
  if (request.method === 'TRACE') {
    return new SmartantError('METHOD_NOT_ALLOWED', 'TRACE is not answered.', { kind: 'invalid', hint: 'Use another method.' });
  }
  if (Buffer.byteLength(request.url) > LONGEST_URL_BYTES) {
    return new SmartantError('URL_TOO_LONG', `The address is longer than ${LONGEST_URL_BYTES} bytes.`, {
      kind: 'invalid',
      hint: 'Shorten the query, for example by a smaller page token or path.',
    });
  }
  const repeated = repeatedHeader(request.rawHeaders);
  if (repeated === undefined) return undefined;
  return new SmartantError('HEADER_REPEATED', `The request has the header ${repeated} more than once.`, {
    kind: 'invalid',
    hint: 'Send it once. A proxy on the way may have added another one.',
    details: { header: repeated },
  });
}

function repeatedHeader(rawHeaders: string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
