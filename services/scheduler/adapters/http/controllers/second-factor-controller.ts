import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '../../../application/identity/identity';
import { IDENTITY } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  confirmEnrolment,
  confirmSecondFactor,
  enrolAtSignIn,
  enrolSecondFactor,
  getSecondFactor,
  removeSecondFactor,
  resetSecondFactor,
} from '../routes/second-factor-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

@ApiController()
export class SecondFactorController {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  @Route(getSecondFactor)
  getSecondFactor(@Input() { caller }: RouteInput<typeof getSecondFactor>): Promise<RouteAnswer<typeof getSecondFactor>> {
    return this.identity.secondFactor.status(caller);
  }

  @Route(enrolSecondFactor)
  enrolSecondFactor(@Input() { caller, body }: RouteInput<typeof enrolSecondFactor>): Promise<RouteAnswer<typeof enrolSecondFactor>> {
    return this.identity.secondFactor.enrol(caller, body.password);
  }

  @Route(confirmSecondFactor)
  async confirmSecondFactor(
    @Input() { caller, body }: RouteInput<typeof confirmSecondFactor>,
  ): Promise<RouteAnswer<typeof confirmSecondFactor>> {
    return { recoveryCodes: await this.identity.secondFactor.confirm(caller, body.code) };
  }

  @Route(enrolAtSignIn)
  enrolAtSignIn(@Input() { body }: RouteInput<typeof enrolAtSignIn>, @Req() request: Request): Promise<RouteAnswer<typeof enrolAtSignIn>> {
    return this.identity.enrolAtSignIn.begin({ ...body, ...visitOf(request) });
  }

  @Route(confirmEnrolment)
  async confirmEnrolment(
    @Input() { body }: RouteInput<typeof confirmEnrolment>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof confirmEnrolment>> {
    const { recoveryCodes, ...token } = await this.identity.enrolAtSignIn.finish({ ...body, ...visitOf(request) });
    return { ...toTokenAnswer(token), recoveryCodes };
  }

  @Route(removeSecondFactor)
  removeSecondFactor(@Input() { caller, body }: RouteInput<typeof removeSecondFactor>): Promise<void> {
    return this.identity.secondFactor.remove(caller, body.password, body.code);
  }

  @Route(resetSecondFactor)
  resetSecondFactor(@Input() { caller, params }: RouteInput<typeof resetSecondFactor>): Promise<void> {
    return this.identity.secondFactor.reset(caller, params.user);
  }
}
