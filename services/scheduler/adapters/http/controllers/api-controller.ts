import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { AccessGuard } from '../access/access-guard';
import { PlaceInterceptor } from '../access/place';
import { AnswerInterceptor } from '../answer/answer-interceptor';
import { ProblemFilter } from '../problem/problem-filter';
import { BodyInterceptor } from '../request/body-interceptor';

/**
 * A controller of the REST API. In this order: access, body, checks of the input (`@Input()`), handler, shape of the answer. Bound here and
 * not globally, so that gRPC controllers in the same application keep their own.
 */
export function ApiController(): ClassDecorator {
  return applyDecorators(
    Controller(),
    UseGuards(AccessGuard),
    UseInterceptors(PlaceInterceptor, BodyInterceptor, AnswerInterceptor),
    UseFilters(ProblemFilter),
  );
}
