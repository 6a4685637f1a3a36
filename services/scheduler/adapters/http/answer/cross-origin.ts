import cors from 'cors';
import type { RequestHandler } from 'express';

/** What a page of another origin may read of an answer beside its body. */
const EXPOSED = ['ETag', 'Location', 'Retry-After', 'X-Trace-Id', 'Deprecation'];
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins call the API; without any, no header is sent and browsers keep other origins out. Never with cookies or other
 * credentials of the browser: callers send their token themselves. Origins are compared as a whole, so no wildcard can widen them.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_request, _response, next) => next();
  return cors({
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID', 'traceparent', 'tracestate'],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
}
