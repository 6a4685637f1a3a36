import { Inject, type Type } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import type { NotificationRoutes as Routes } from '../routes/notification-routes';
import { ApiController } from './api-controller';

/** Channels, by the routes of a workspace or of the platform. */
export function notificationChannelController(routes: Routes, area: 'notifications' | 'platformNotifications'): Type {
  @ApiController()
  class NotificationChannelController {
    constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

    @Route(routes.listTypes)
    async listTypes(@Input() { caller }: RouteInput<Routes['listTypes']>): Promise<RouteAnswer<Routes['listTypes']>> {
      return { items: await this.useCases[area].listChannelTypes(caller) };
    }

    @Route(routes.createChannel)
    create(@Input() { caller, body, requestId }: RouteInput<Routes['createChannel']>): Promise<RouteAnswer<Routes['createChannel']>> {
      return this.useCases[area].createChannel(caller, body, requestId);
    }

    @Route(routes.listChannels)
    list(@Input() { caller, query }: RouteInput<Routes['listChannels']>): Promise<RouteAnswer<Routes['listChannels']>> {
      return this.useCases[area].listChannels(caller, query);
    }

    @Route(routes.getChannel)
    get(@Input() { caller, params }: RouteInput<Routes['getChannel']>): Promise<RouteAnswer<Routes['getChannel']>> {
      return this.useCases[area].getChannel(caller, params.id);
    }

    @Route(routes.updateChannel)
    update(
      @Input() { caller, params, body, expectedVersion }: RouteInput<Routes['updateChannel']>,
    ): Promise<RouteAnswer<Routes['updateChannel']>> {
      return this.useCases[area].updateChannel(caller, params.id, body, { expectedVersion });
    }

    @Route(routes.deleteChannel)
    remove(@Input() { caller, params }: RouteInput<Routes['deleteChannel']>): Promise<void> {
      return this.useCases[area].removeChannel(caller, params.id);
    }

    @Route(routes.testChannel)
    test(@Input() { caller, params }: RouteInput<Routes['testChannel']>): Promise<RouteAnswer<Routes['testChannel']>> {
      return this.useCases[area].testChannel(caller, params.id);
    }
  }
  return NotificationChannelController;
}
