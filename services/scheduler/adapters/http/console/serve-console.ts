import type { Request, RequestHandler, Response } from 'express';
import type { StaticSite } from '@smartant/platform/static-site';

/** Where the console is, here and behind the gateway; its build has it written into its addresses. */
export const CONSOLE_BASE = '/console/';

/**
 * The console's own files, which take nobody's place at the front door: they come from memory. People who open the bare address in a
 * browser are led there; programs get JSON from the route itself.
 */
export function serveConsole(site: StaticSite): RequestHandler {
  return (request: Request, response: Response, next) => {
    if (site.covers(request.path)) return site.answer(request.method, request.path, request, response);
    if (request.method !== 'GET' || request.path !== '/' || request.accepts(['json', 'html']) !== 'html') return next();
    response.redirect(302, CONSOLE_BASE);
  };
}
