import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import type { z } from 'zod';
import { SmartantError } from '@smartant/kernel';
import { routeOf } from '../route';
import { OtherAnswer, type RouteDefinition } from '../route-definition';

/** Shapes each answer by the route's schema: fields that are not in the document never leave, and what the document promises is there. */
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context.getHandler());
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(map((value: unknown) => (route ? shape(route, value, response) : value)));
  }
}

function shape(route: RouteDefinition, value: unknown, response: Response): unknown {
  if (value instanceof OtherAnswer && route.otherAnswer) {
    response.status(route.otherAnswer.status);
    return shaped(route.otherAnswer.schema, value.body, route);
  }
  if (route.answer === 'redirect') response.setHeader('Location', value as string);
  if (typeof route.answer === 'string') return undefined;
  if (route.etag) response.setHeader('ETag', `"${(value as { version: number }).version}"`);
  return shaped(route.answer, value, route);
}

export function shaped(schema: z.ZodType, value: unknown, route: RouteDefinition): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SmartantError('ANSWER_MISSHAPEN', `The answer of ${route.operationId} does not fit its description.`, {
    kind: 'internal',
    hint: 'Report it with the trace id. What was asked for may have been done.',
    cause: result.error,
  });
}
