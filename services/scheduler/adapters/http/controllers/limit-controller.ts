import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { getEndpointLimits, getWorkspaceLimits, updateEndpointLimits, updateWorkspaceLimits } from '../routes/limit-routes';
import { ApiController } from './api-controller';

@ApiController()
export class LimitController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(getEndpointLimits)
  getEndpointLimits(@Input() { caller, params }: RouteInput<typeof getEndpointLimits>): Promise<RouteAnswer<typeof getEndpointLimits>> {
    return this.useCases.limits.ofEndpoint(caller, params.idOrName);
  }

  @Route(updateEndpointLimits)
  updateEndpointLimits(
    @Input() { caller, params, body }: RouteInput<typeof updateEndpointLimits>,
  ): Promise<RouteAnswer<typeof updateEndpointLimits>> {
    return this.useCases.limits.setOfEndpoint(caller, params.idOrName, body);
  }

  @Route(getWorkspaceLimits)
  getWorkspaceLimits(@Input() { caller }: RouteInput<typeof getWorkspaceLimits>): Promise<RouteAnswer<typeof getWorkspaceLimits>> {
    return this.useCases.limits.ofWorkspace(caller);
  }

  @Route(updateWorkspaceLimits)
  updateWorkspaceLimits(
    @Input() { caller, body }: RouteInput<typeof updateWorkspaceLimits>,
  ): Promise<RouteAnswer<typeof updateWorkspaceLimits>> {
    return this.useCases.limits.setOfWorkspace(caller, body);
  }
}
