import type { NextFunction, Request, Response } from 'express';

/** The API serves data, so a browser is to run nothing of it; the documentation pages run their own scripts and styles only. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Neither data nor documentation needs the machine that it is shown on. */
const NO_FEATURES = 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), display-capture=()';

export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  const isDocs = request.path === '/docs' || request.path.startsWith('/docs/');
  response.setHeader('Content-Security-Policy', isDocs ? DOCS_POLICY : DATA_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', NO_FEATURES);
  // Answers hold what one caller may see; public keys and the document are cheap to ask for again.
  if (!isDocs) response.setHeader('Cache-Control', 'no-store');
  if (request.secure) response.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  next();
}
