import { Inject, type Type } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import type { NotificationRoutes as Routes } from '../routes/notification-routes';
import { ApiController } from './api-controller';

/** How alerts find their channels and what holds them, by the routes of a workspace or of the platform. */
export function alertRoutingController(routes: Routes, area: 'notifications' | 'platformNotifications'): Type {
  @ApiController()
  class AlertRoutingController {
    constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

    @Route(routes.getRouting)
    getRouting(@Input() { caller }: RouteInput<Routes['getRouting']>): Promise<RouteAnswer<Routes['getRouting']>> {
      return this.useCases[area].getRouting(caller);
    }

    @Route(routes.updateRouting)
    updateRouting(
      @Input() { caller, body, expectedVersion }: RouteInput<Routes['updateRouting']>,
    ): Promise<RouteAnswer<Routes['updateRouting']>> {
      return this.useCases[area].updateRouting(caller, body.document, { expectedVersion });
    }

    @Route(routes.testRouting)
    async testRouting(@Input() { caller, body }: RouteInput<Routes['testRouting']>): Promise<RouteAnswer<Routes['testRouting']>> {
      return { matches: await this.useCases[area].testRouting(caller, body) };
    }

    @Route(routes.createSilence)
    createSilence(
      @Input() { caller, body, requestId }: RouteInput<Routes['createSilence']>,
    ): Promise<RouteAnswer<Routes['createSilence']>> {
      return this.useCases[area].createSilence(caller, body, requestId);
    }

    @Route(routes.listSilences)
    listSilences(@Input() { caller, query }: RouteInput<Routes['listSilences']>): Promise<RouteAnswer<Routes['listSilences']>> {
      const { state, ...page } = query;
      return this.useCases[area].listSilences(caller, { state }, page);
    }

    @Route(routes.updateSilence)
    updateSilence(@Input() { caller, params, body }: RouteInput<Routes['updateSilence']>): Promise<RouteAnswer<Routes['updateSilence']>> {
      return this.useCases[area].updateSilence(caller, params.id, body);
    }

    @Route(routes.expireSilence)
    expireSilence(@Input() { caller, params }: RouteInput<Routes['expireSilence']>): Promise<RouteAnswer<Routes['expireSilence']>> {
      return this.useCases[area].expireSilence(caller, params.id);
    }
  }
  return AlertRoutingController;
}
