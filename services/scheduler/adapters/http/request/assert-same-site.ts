import type { Request } from 'express';
import { SmartantError } from '@smartant/kernel';

const HEADER = 'x-smartant-console';

/**
 * Refuses a request that a page of another origin may have caused. Three things must agree, of which the first alone is enough in today's
 * browsers: a header that no form can send and that a page elsewhere would need leave for by CORS (which is never given for it), the Origin
 * that browsers add and scripts can't change, and Sec-Fetch-Site where the browser sends it.
 */
export function assertSameSite(request: Request, publicUrl: string | undefined): void {
  if (request.headers[HEADER] === '1' && isOwnOrigin(request, publicUrl) && isSameSite(request.headers['sec-fetch-site'])) return;
  throw new SmartantError('CROSS_SITE_REQUEST', 'This operation is only for pages of the console itself.', {
    kind: 'forbidden',
    hint: 'Programs sign in with POST /v1/auth/token. Behind a proxy that changes the host, set SMARTANT_PUBLIC_URL to the address in the browser.',
  });
}

function isOwnOrigin(request: Request, publicUrl: string | undefined): boolean {
  const { origin } = request.headers;
  if (origin === undefined || !URL.canParse(origin)) return false;
  if (publicUrl !== undefined && new URL(publicUrl).origin === origin) return true;
  // Without the scheme: a proxy that ends TLS and is not among the trusted ones hides it.
  return new URL(origin).host === request.host;
}

const isSameSite = (site: string | string[] | undefined) => site === undefined || site === 'same-origin';
