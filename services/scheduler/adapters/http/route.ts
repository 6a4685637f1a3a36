import {
  applyDecorators,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import { readInput } from './request/read-input';
import { toRouterPath, type HttpMethod, type RouteAnswer, type RouteDefinition, type RouteInput } from './route-definition';

const ROUTE = Symbol('smartant:route');

const METHOD_DECORATORS: Record<HttpMethod, (path: string) => MethodDecorator> = {
  GET: Get,
  POST: Post,
  PUT: Put,
  PATCH: Patch,
  DELETE: Delete,
};

/** The decorated method; its types hold the handler to the route's input and answer. */
type HandlerDecorator<R extends RouteDefinition> = <T extends (input: RouteInput<R>, ...rest: never[]) => Promise<RouteAnswer<R>>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** Serves a route with the decorated method. What it asks of its caller stands in the definition, so no route can be without it. */
export function Route<const R extends RouteDefinition>(definition: R): HandlerDecorator<R> {
  return applyDecorators(
    METHOD_DECORATORS[definition.method](toRouterPath(definition.path)),
    HttpCode(definition.status),
    SetMetadata(ROUTE, definition),
  ) as HandlerDecorator<R>;
}

/** The definition that a handler serves. */
export function routeOf(handler: object): RouteDefinition | undefined {
  return Reflect.getMetadata(ROUTE, handler) as RouteDefinition | undefined;
}

/** The checked input of the route. Raises REQUEST_INVALID with every wrong field. */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const route = routeOf(context.getHandler());
  if (!route) throw new TypeError(`${context.getClass().name}.${context.getHandler().name} has no route definition`);
  return readInput(route, context.switchToHttp().getRequest<Request>());
});
