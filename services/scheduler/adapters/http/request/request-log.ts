import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from '@smartant/platform/logging';
import { requestState, traceIdOf } from './request-state';

/** One line a request, without its query and bodies: they may hold secrets. Answers carry the trace id. */
export function requestLog(logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAtMs = performance.now();
    const traceId = traceIdOf(request);
    response.setHeader('X-Trace-Id', traceId);
    response.once('close', () => {
      const subject = requestState(request).subject;
      logger.info(
        {
          method: request.method,
          path: request.path,
          status: response.statusCode,
          durationMs: Math.round(performance.now() - startedAtMs),
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
