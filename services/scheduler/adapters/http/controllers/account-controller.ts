import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '../../../application/identity/identity';
import { IDENTITY } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { changePassword, endSession, listSessions, refreshToken } from '../routes/account-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

/** What users do with their own sign-ins. */
@ApiController()
export class AccountController {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  @Route(refreshToken)
  async refreshToken(
    @Input() { body }: RouteInput<typeof refreshToken>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof refreshToken>> {
    return toTokenAnswer(await this.identity.sessions.refresh(body.refreshToken, visitOf(request)));
  }

  @Route(listSessions)
  async listSessions(@Input() { caller }: RouteInput<typeof listSessions>): Promise<RouteAnswer<typeof listSessions>> {
    const current = caller.origin?.credential;
    return { items: (await this.identity.sessions.list(caller)).map((session) => ({ ...session, current: session.id === current })) };
  }

  @Route(endSession)
  endSession(@Input() { caller, params }: RouteInput<typeof endSession>): Promise<void> {
    return this.identity.sessions.end(caller, params.id);
  }

  @Route(changePassword)
  changePassword(@Input() { caller, body }: RouteInput<typeof changePassword>): Promise<void> {
    return this.identity.changePassword.change(caller, body);
  }
}
