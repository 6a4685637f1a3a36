import type { z } from 'zod';
import type { Permission } from '../../application/identity/permissions';
import type { Caller } from '../../application/use-cases';
import type { AdmissionClass } from '../admission/admission-class';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Names of the `{parameters}` of a path. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & PathParams<Rest>
  : object;

/**
 * One operation of the API. The router, the access guard, the checks of the input, the shaping of the answer and the OpenAPI document all
 * read this one value, so that they can't disagree.
 */
export interface RouteDefinition {
  operationId: string;
  method: HttpMethod;
  /** As in OpenAPI: `/v1/workspaces/{ws}/endpoints`. A `{ws}` must be the caller's workspace, by id or name. */
  path: string;
  tag: 'Sign-in' | 'Workspaces' | 'Endpoints' | 'Migrations' | 'Alerts' | 'Notifications' | 'Platform';
  summary: string;
  description?: string;
  /** `public`: no token is asked for. */
  permission: Permission | 'public';
  /** What is refused first under overload.  */
  admission: AdmissionClass;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** A body may be left out, and is then `{}`. */
  bodyOptional?: boolean;
  /** Default: 1 MiB for routes behind a token, 16 KiB for public ones. */
  bodyLimitBytes?: number;
  /** Reads `Idempotency-Key`. */
  idempotent?: boolean;
  /** Reads `If-Match`, and answers with an `ETag`. */
  ifMatch?: boolean;
  /** The answer has an `ETag`. */
  etag?: boolean;
  /** The status of the usual answer, and its shape. */
  status: 200 | 201 | 204 | 303;
  answer: z.ZodType | 'nothing' | 'event-stream' | 'lines' | 'redirect';
  /** Another successful answer, under its own status, when the query's `flag` is true. */
  otherAnswer?: { status: 200; schema: z.ZodType; when: string; flag: string; admission: AdmissionClass };
  /** The shape of one event's data. Only with `event-stream`. */
  event?: z.ZodType;
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a handler is given: everything has been checked. */
export interface RouteInput<R extends RouteDefinition> {
  caller: R['permission'] extends 'public' ? undefined : Caller;
  params: PathParams<R['path']>;
  query: Parsed<R['query']>;
  body: Parsed<R['body']>;
  /** The Idempotency-Key. */
  requestId: string | undefined;
  /** The version that If-Match names. */
  expectedVersion: number | undefined;
  /** The client's address, as far as the configured proxies can be believed. */
  address: string;
}

type AnswerBody<R extends RouteDefinition> = R['answer'] extends z.ZodType
  ? z.input<R['answer']>
  : R['answer'] extends 'redirect'
    ? string
    : void;

/** What a handler returns. */
export type RouteAnswer<R extends RouteDefinition> = R['otherAnswer'] extends { schema: infer S extends z.ZodType }
  ? AnswerBody<R> | OtherAnswer<z.input<S>>
  : AnswerBody<R>;

/** Marks an answer that goes out under the status and shape of `otherAnswer`. */
export class OtherAnswer<T> {
  constructor(readonly body: T) {}
}

export function defineRoute<const R extends RouteDefinition>(route: R): R {
  return route;
}

/** `/v1/workspaces/{ws}` as Express writes it. */
export function toRouterPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

export function pathParameterNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}
