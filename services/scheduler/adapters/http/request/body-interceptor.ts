import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { json, type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { SmartantError } from '@smartant/kernel';
import { routeOf } from '../route';
import type { RouteDefinition } from '../route-definition';

const PUBLIC_LIMIT_BYTES = 16 * 1024;
const LIMIT_BYTES = 1024 * 1024;

/** Reads bodies only of callers who were let in, and only as large as the route takes. */
export class BodyInterceptor implements NestInterceptor {
  private readonly parsers = new Map<number, RequestHandler>();

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const route = routeOf(context.getHandler());
    const http = context.switchToHttp();
    if (route) await this.read(route, http.getRequest<Request>(), http.getResponse<Response>());
    return next.handle();
  }

  private async read(route: RouteDefinition, request: Request, response: Response): Promise<void> {
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (!route.body) return;
    if (!hasBody) {
      if (!route.bodyOptional) throw bodyMissing();
      request.body = {};
      return;
    }
    if (!request.is('application/json')) throw mediaTypeUnsupported();
    const limit = route.bodyLimitBytes ?? (route.permission === 'public' ? PUBLIC_LIMIT_BYTES : LIMIT_BYTES);
    await new Promise<void>((resolve, reject) => {
      this.parser(limit)(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(bodyProblem(error, limit))));
    });
  }

  private parser(limit: number): RequestHandler {
    let parser = this.parsers.get(limit);
    // `strict: false`: a body of `5` or `null` is JSON, and the schema says better what is wrong with it.
    if (!parser) this.parsers.set(limit, (parser = json({ limit, strict: false })));
    return parser;
  }
}

/** Classified by `type`, which body-parser documents: https://github.com/expressjs/body-parser#errors */
function bodyProblem(error: unknown, limit: number): SmartantError {
  const type = (error as { type?: string }).type ?? '';
  switch (type) {
    case 'entity.too.large':
      return new SmartantError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`, {
        kind: 'invalid',
        hint: 'Send less: name objects by globs instead of listing them one by one.',
      });
    case 'entity.parse.failed':
      return new SmartantError('BODY_MALFORMED', 'The body is not JSON.', { kind: 'invalid', hint: 'Check quotes, commas and brackets.' });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return mediaTypeUnsupported();
    default:
      return new SmartantError('BODY_UNREADABLE', 'The body could not be read to its end.', {
        kind: 'invalid',
        retry: { kind: 'backoff' },
        hint: 'Check Content-Length and Content-Encoding, and send it again.',
        cause: error,
      });
  }
}

function bodyMissing(): SmartantError {
  return new SmartantError('BODY_MISSING', 'The request has no body.', {
    kind: 'invalid',
    hint: 'Send JSON with Content-Type: application/json.',
  });
}

function mediaTypeUnsupported(): SmartantError {
  return new SmartantError('MEDIA_TYPE_UNSUPPORTED', 'The body is not sent as JSON in UTF-8.', {
    kind: 'invalid',
    hint: 'Send it with Content-Type: application/json.',
  });
}
