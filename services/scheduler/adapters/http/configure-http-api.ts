import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { StaticSite } from '@smartant/platform/static-site';
import { leaveUntraced } from '@smartant/platform/telemetry';
import { FrontDoor } from './access/front-door';
import { crossOrigin } from './answer/cross-origin';
import { reportClientSpan } from './routes/client-span-routes';
import { securityHeaders } from './answer/security-headers';
import { serveConsole } from './console/serve-console';
import { serveDocs, welcomePage } from './docs/serve-docs';
import { OPTIONS, type HttpApiOptions } from './http-api-options';
import { ProblemFilter } from './problem/problem-filter';
import { refuseOddRequests } from './request/refuse-odd-requests';
import { requestLog } from './request/request-log';
import { DEFAULT_SERVER_LIMITS, limitServer, type ServerLimits } from './server-limits';

export interface HttpServerOptions {
  /**
   * Proxies whose `X-Forwarded-For` is believed: addresses, CIDR ranges, or `loopback`, `uniquelocal`, `linklocal`, separated by commas.
   * None when absent. Behind a gateway it must be set, or all users share the gateway's address when failed sign-ins are counted.
   */
  trustedProxies?: string;
  limits?: Partial<ServerLimits>;
  /** Origins whose pages may call the API from a browser; none by default. */
  corsOrigins?: readonly string[];
  /** Absent: the console is served elsewhere, or not at all. */
  console?: StaticSite;
}

/** Sets up what lies around the routes: limits of the server, headers, admission, request log, problems for unknown addresses, documentation. Call it before `listen`. */
export function configureHttpApi(app: INestApplication, options: HttpServerOptions = {}): void {
  const { trustedProxies, limits, corsOrigins = [], console: site } = options;
  const express = app as NestExpressApplication;
  const { logger, version } = app.get<HttpApiOptions>(OPTIONS, { strict: false });
  express.disable('x-powered-by');
  // The ETag of a migration is its version; one made from the bytes of the answer would say something else.
  express.disable('etag');
  if (trustedProxies !== undefined && trustedProxies !== '') express.set('trust proxy', trustedProxies);
  const door = app.get(FrontDoor, { strict: false });
  // Telling of a trace makes none.
  leaveUntraced((method, path) => path === reportClientSpan.path || door.isFlooded(method, path));
  limitServer(app.getHttpServer() as Server, { ...DEFAULT_SERVER_LIMITS, ...limits });
  // First what costs nothing: a refusal must be readable from another origin too and safe in a browser, and a preflight takes nobody's place.
  express.use(securityHeaders, crossOrigin(corsOrigins), refuseOddRequests);
  if (site) express.use(serveConsole(site));
  express.use(door.middleware, requestLog(logger), welcomePage);
  serveDocs(app, version);
  app.useGlobalFilters(app.get(ProblemFilter, { strict: false }));
}
