import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { askCheck, listChecks } from '../routes/check-routes';
import { ApiController } from './api-controller';

@ApiController()
export class CheckController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(askCheck)
  askCheck(@Input() { caller, params, body, requestId }: RouteInput<typeof askCheck>): Promise<RouteAnswer<typeof askCheck>> {
    return this.useCases.migrations.check(caller, params.id, body, requestId);
  }

  @Route(listChecks)
  async listChecks(@Input() { caller, params }: RouteInput<typeof listChecks>): Promise<RouteAnswer<typeof listChecks>> {
    return { items: await this.useCases.migrations.checks(caller, params.id) };
  }
}
