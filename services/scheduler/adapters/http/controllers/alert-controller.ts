import { Inject, type Type } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import type { NotificationRoutes as Routes } from '../routes/notification-routes';
import { ApiController } from './api-controller';

/** Alerts and what was sent of them, by the routes of a workspace or of the platform. */
export function alertController(routes: Routes, area: 'notifications' | 'platformNotifications'): Type {
  @ApiController()
  class AlertController {
    constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

    @Route(routes.listAlerts)
    listAlerts(@Input() { caller, query }: RouteInput<Routes['listAlerts']>): Promise<RouteAnswer<Routes['listAlerts']>> {
      const { status, severity, migrationId, text, ...page } = query;
      return this.useCases[area].listAlerts(caller, { status, severity, migrationId, text }, page);
    }

    @Route(routes.getAlert)
    getAlert(@Input() { caller, params }: RouteInput<Routes['getAlert']>): Promise<RouteAnswer<Routes['getAlert']>> {
      return this.useCases[area].getAlert(caller, params.id);
    }

    @Route(routes.acknowledgeAlert)
    acknowledge(
      @Input() { caller, params, body }: RouteInput<Routes['acknowledgeAlert']>,
    ): Promise<RouteAnswer<Routes['acknowledgeAlert']>> {
      return this.useCases[area].acknowledgeAlert(caller, params.id, body.comment ?? '');
    }

    @Route(routes.listDeliveries)
    listDeliveries(@Input() { caller, query }: RouteInput<Routes['listDeliveries']>): Promise<RouteAnswer<Routes['listDeliveries']>> {
      const { channelId, alertId, state, ...page } = query;
      return this.useCases[area].listDeliveries(caller, { channelId, alertId, state }, page);
    }

    @Route(routes.retryDelivery)
    retryDelivery(@Input() { caller, params }: RouteInput<Routes['retryDelivery']>): Promise<RouteAnswer<Routes['retryDelivery']>> {
      return this.useCases[area].retryDelivery(caller, params.id);
    }
  }
  return AlertController;
}
