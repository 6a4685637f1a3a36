import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from '@smartant/platform/logging';
import { histogram } from '@smartant/platform/metrics';
import { requestState, traceIdOf } from './request-state';

const requestSeconds = histogram('smartant_http_request_duration_seconds', 'Time of a request of the API, by route and status.', [
  'method',
  'route',
  'status',
]);

/** One line a request, and its time, without its query and bodies: they may hold secrets. Answers carry the trace id. */
export function requestLog(logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAtMs = performance.now();
    const traceId = traceIdOf(request);
    response.setHeader('X-Trace-Id', traceId);
    response.once('close', () => {
      const durationMs = performance.now() - startedAtMs;
      // The route and not the path: ids would make a time series each.
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      requestSeconds.observe({ method: request.method, route, status: response.statusCode }, durationMs / 1_000);
      const subject = requestState(request).subject;
      logger.info(
        {
          method: request.method,
          path: request.path,
          status: response.statusCode,
          durationMs: Math.round(durationMs),
          completed: response.writableFinished,
          traceId,
          ...(subject ? { userId: subject.userId, workspaceId: subject.workspaceId } : {}),
        },
        'request served',
      );
    });
    next();
  };
}
