import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  getPlatformAlertRule,
  listPlatformAlertConditions,
  listPlatformAlertRules,
  resetPlatformAlertRule,
  setPlatformAlertRule,
} from '../routes/alert-rule-routes';
import { conditionPage } from './alert-answers';
import { ApiController } from './api-controller';

@ApiController()
export class PlatformAlertController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listPlatformAlertRules)
  async listPlatformAlertRules(
    @Input() { caller }: RouteInput<typeof listPlatformAlertRules>,
  ): Promise<RouteAnswer<typeof listPlatformAlertRules>> {
    return { items: await this.useCases.platformAlerts.list(caller) };
  }

  @Route(getPlatformAlertRule)
  getPlatformAlertRule(
    @Input() { caller, params }: RouteInput<typeof getPlatformAlertRule>,
  ): Promise<RouteAnswer<typeof getPlatformAlertRule>> {
    return this.useCases.platformAlerts.get(caller, params.rule);
  }

  @Route(setPlatformAlertRule)
  setPlatformAlertRule(
    @Input() { caller, params, body, expectedVersion }: RouteInput<typeof setPlatformAlertRule>,
  ): Promise<RouteAnswer<typeof setPlatformAlertRule>> {
    return this.useCases.platformAlerts.set(caller, params.rule, body, { expectedVersion });
  }

  @Route(resetPlatformAlertRule)
  resetPlatformAlertRule(@Input() { caller, params, expectedVersion }: RouteInput<typeof resetPlatformAlertRule>): Promise<void> {
    return this.useCases.platformAlerts.reset(caller, params.rule, { expectedVersion });
  }

  @Route(listPlatformAlertConditions)
  listPlatformAlertConditions(
    @Input() { caller, query }: RouteInput<typeof listPlatformAlertConditions>,
  ): Promise<RouteAnswer<typeof listPlatformAlertConditions>> {
    return conditionPage(this.useCases.platformAlerts, caller, query);
  }
}
