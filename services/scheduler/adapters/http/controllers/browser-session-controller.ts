import { Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Identity } from '../../../application/identity/identity';
import { sessionEnded } from '../../../application/identity/session-errors';
import type { IssuedToken } from '../../../application/identity/sign-in';
import { IDENTITY, OPTIONS, type HttpApiOptions } from '../http-api-options';
import { assertSameSite } from '../request/assert-same-site';
import { dropSession, keepSession, keptSession } from '../request/session-cookie';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { endBrowserSession, openBrowserSession, renewBrowserSession } from '../routes/browser-session-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

type BrowserAnswer = RouteAnswer<typeof openBrowserSession>;

/** Sessions of the console: access tokens go to its scripts, the refresh token into a cookie. */
@ApiController()
export class BrowserSessionController {
  constructor(
    @Inject(IDENTITY) private readonly identity: Identity,
    @Inject(OPTIONS) private readonly options: HttpApiOptions,
  ) {}

  @Route(openBrowserSession)
  async open(
    @Input() { body }: RouteInput<typeof openBrowserSession>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BrowserAnswer> {
    assertSameSite(request, this.options.publicUrl);
    const visit = visitOf(request);
    const { sessions, signIn } = this.identity;
    const previous = keptSession(request);
    const signedIn =
      'refreshToken' in body ? await sessions.refresh(body.refreshToken, visit) : await signIn.withPassword({ ...body, ...visit });
    // The browser forgets it now: left open, nobody could end it but from the list of sessions.
    if (previous !== undefined) await sessions.endByToken(previous, visit);
    return kept(signedIn, request, response);
  }

  @Route(renewBrowserSession)
  async renew(
    @Input() _input: RouteInput<typeof renewBrowserSession>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BrowserAnswer> {
    assertSameSite(request, this.options.publicUrl);
    const token = keptSession(request);
    if (token === undefined) throw sessionEnded();
    return kept(await this.identity.sessions.refresh(token, visitOf(request)), request, response);
  }

  @Route(endBrowserSession)
  async end(
    @Input() _input: RouteInput<typeof endBrowserSession>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    assertSameSite(request, this.options.publicUrl);
    const token = keptSession(request);
    if (token !== undefined) await this.identity.sessions.endByToken(token, visitOf(request));
    dropSession(request, response);
  }
}

function kept(signedIn: IssuedToken, request: Request, response: Response): BrowserAnswer {
  const { session } = signedIn;
  if (!session) throw new TypeError('a sign-in by password has opened no session');
  keepSession(request, response, session);
  const { refreshToken: _kept, ...answer } = toTokenAnswer(signedIn);
  return { ...answer, sessionId: session.id, sessionIdleUntil: session.idleUntil };
}
