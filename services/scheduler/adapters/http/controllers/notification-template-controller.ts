import { Inject, type Type } from '@nestjs/common';
import type { TemplateKey } from '../../../application/ports/notification-desk';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import type { NotificationRoutes as Routes } from '../routes/notification-routes';
import { ApiController } from './api-controller';

const keyOf = ({ channelType, language }: { channelType?: string | undefined; language: TemplateKey['language'] }): TemplateKey => ({
  channelType: channelType ?? null,
  language,
});

/** Templates of messages, by the routes of a workspace or of the platform. */
export function notificationTemplateController(routes: Routes, area: 'notifications' | 'platformNotifications'): Type {
  @ApiController()
  class NotificationTemplateController {
    constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

    @Route(routes.listTemplates)
    async list(@Input() { caller }: RouteInput<Routes['listTemplates']>): Promise<RouteAnswer<Routes['listTemplates']>> {
      return { items: await this.useCases[area].listTemplates(caller) };
    }

    @Route(routes.updateTemplate)
    update(
      @Input() { caller, query, body, expectedVersion }: RouteInput<Routes['updateTemplate']>,
    ): Promise<RouteAnswer<Routes['updateTemplate']>> {
      return this.useCases[area].updateTemplate(caller, keyOf(query), body, { expectedVersion });
    }

    @Route(routes.deleteTemplate)
    remove(@Input() { caller, query }: RouteInput<Routes['deleteTemplate']>): Promise<void> {
      return this.useCases[area].removeTemplate(caller, keyOf(query));
    }

    @Route(routes.previewTemplate)
    preview(@Input() { caller, body }: RouteInput<Routes['previewTemplate']>): Promise<RouteAnswer<Routes['previewTemplate']>> {
      const { title, body: text, alertId = null } = body;
      return this.useCases[area].previewTemplate(caller, keyOf(body), { title, body: text }, alertId);
    }
  }
  return NotificationTemplateController;
}
