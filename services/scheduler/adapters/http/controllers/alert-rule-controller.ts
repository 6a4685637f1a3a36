import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { getAlertRule, listAlertConditions, listAlertRules, resetAlertRule, setAlertRule } from '../routes/alert-rule-routes';
import { conditionPage } from './alert-answers';
import { ApiController } from './api-controller';

@ApiController()
export class AlertRuleController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listAlertRules)
  async listAlertRules(@Input() { caller }: RouteInput<typeof listAlertRules>): Promise<RouteAnswer<typeof listAlertRules>> {
    return { items: await this.useCases.alerts.list(caller) };
  }

  @Route(getAlertRule)
  getAlertRule(@Input() { caller, params }: RouteInput<typeof getAlertRule>): Promise<RouteAnswer<typeof getAlertRule>> {
    return this.useCases.alerts.get(caller, params.rule);
  }

  @Route(setAlertRule)
  setAlertRule(
    @Input() { caller, params, body, expectedVersion }: RouteInput<typeof setAlertRule>,
  ): Promise<RouteAnswer<typeof setAlertRule>> {
    return this.useCases.alerts.set(caller, params.rule, body, { expectedVersion });
  }

  @Route(resetAlertRule)
  resetAlertRule(@Input() { caller, params, expectedVersion }: RouteInput<typeof resetAlertRule>): Promise<void> {
    return this.useCases.alerts.reset(caller, params.rule, { expectedVersion });
  }

  @Route(listAlertConditions)
  listAlertConditions(
    @Input() { caller, query }: RouteInput<typeof listAlertConditions>,
  ): Promise<RouteAnswer<typeof listAlertConditions>> {
    return conditionPage(this.useCases.alerts, caller, query);
  }
}
