import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { getVaultStatus, rotateVault } from '../routes/vault-routes';
import { ApiController } from './api-controller';

@ApiController()
export class VaultController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(getVaultStatus)
  getVaultStatus(@Input() { caller }: RouteInput<typeof getVaultStatus>): Promise<RouteAnswer<typeof getVaultStatus>> {
    return this.useCases.vault.status(caller);
  }

  @Route(rotateVault)
  rotateVault(@Input() { caller, body }: RouteInput<typeof rotateVault>): Promise<RouteAnswer<typeof rotateVault>> {
    return this.useCases.vault.rotate(caller, body);
  }
}
