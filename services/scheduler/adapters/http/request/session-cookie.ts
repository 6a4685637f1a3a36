import type { Request, Response } from 'express';

const NAME = 'smartant-session';
/** The only routes that read it; to all others a browser does not even send it. */
const PATH = '/v1/auth/browser-session';

/** The prefix keeps plain-HTTP neighbours from planting one: https://www.rfc-editor.org/rfc/rfc6265#section-8.6 */
const nameFor = ({ secure }: Request) => (secure ? `__Secure-${NAME}` : NAME);

/** Keeps a refresh token where no script can read it, and no other site can make use of it. */
export function keepSession(
  request: Request,
  response: Response,
  { refreshToken, idleUntil }: { refreshToken: string; idleUntil: string },
) {
  response.cookie(nameFor(request), refreshToken, { ...attributes(request), expires: new Date(idleUntil) });
}

export function dropSession(request: Request, response: Response): void {
  response.clearCookie(nameFor(request), attributes(request));
}

/** The refresh token that the browser keeps; undefined without one. */
export function keptSession(request: Request): string | undefined {
  const wanted = nameFor(request);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === wanted) return pair.slice(at + 1).trim() || undefined;
  }
  return undefined;
}

const attributes = ({ secure }: Request) => ({ httpOnly: true, sameSite: 'strict' as const, secure, path: PATH });
