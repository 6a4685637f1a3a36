import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  createServiceAccount,
  createServiceAccountKey,
  deleteServiceAccount,
  listServiceAccounts,
  updateServiceAccount,
} from '../routes/service-account-routes';
import { ApiController } from './api-controller';
import { toAnswer } from './identity-controller';

@ApiController()
export class ServiceAccountController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listServiceAccounts)
  async listServiceAccounts(@Input() { caller }: RouteInput<typeof listServiceAccounts>): Promise<RouteAnswer<typeof listServiceAccounts>> {
    return { items: await this.useCases.serviceAccounts.list(caller) };
  }

  @Route(createServiceAccount)
  createServiceAccount(
    @Input() { caller, body }: RouteInput<typeof createServiceAccount>,
  ): Promise<RouteAnswer<typeof createServiceAccount>> {
    return this.useCases.serviceAccounts.create(caller, body);
  }

  @Route(updateServiceAccount)
  updateServiceAccount(
    @Input() { caller, params, body }: RouteInput<typeof updateServiceAccount>,
  ): Promise<RouteAnswer<typeof updateServiceAccount>> {
    return this.useCases.serviceAccounts.update(caller, params.idOrName, body);
  }

  @Route(deleteServiceAccount)
  deleteServiceAccount(@Input() { caller, params }: RouteInput<typeof deleteServiceAccount>): Promise<void> {
    return this.useCases.serviceAccounts.remove(caller, params.idOrName);
  }

  @Route(createServiceAccountKey)
  async createServiceAccountKey(
    @Input() { caller, params, body }: RouteInput<typeof createServiceAccountKey>,
  ): Promise<RouteAnswer<typeof createServiceAccountKey>> {
    const { key, secret } = await this.useCases.serviceAccounts.createApiKey(caller, params.idOrName, body);
    return { ...toAnswer(key), apiKey: secret };
  }
}
