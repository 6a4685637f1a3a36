import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import type { MigrationView } from '../../../domain/migration/migration-view';
import type { Action } from '../../../domain/migration/phase';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteInput } from '../route-definition';
import {
  cancelMigration,
  cutoverMigration,
  finalizeMigration,
  pauseMigration,
  rehearseMigration,
  resumeMigration,
  retryMigration,
  rollbackMigration,
} from '../routes/migration-action-routes';
import { ApiController } from './api-controller';

/** What the inputs of all actions have. */
type ActionInput = Pick<RouteInput<typeof pauseMigration>, 'caller' | 'params' | 'requestId'>;

@ApiController()
export class MigrationActionController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(pauseMigration)
  pause(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('pause', input);
  }

  @Route(resumeMigration)
  resume(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('resume', input);
  }

  @Route(cancelMigration)
  cancel(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('cancel', input);
  }

  @Route(rehearseMigration)
  rehearse(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('rehearse', input);
  }

  @Route(cutoverMigration)
  cutover(@Input() { caller, params, body, requestId }: RouteInput<typeof cutoverMigration>): Promise<MigrationView> {
    return this.useCases.migrations.act(caller, params.id, 'cutover', { sourceFrozen: body.sourceFrozen, requestId });
  }

  @Route(finalizeMigration)
  finalize(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('finalize', input);
  }

  @Route(rollbackMigration)
  rollback(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('rollback', input);
  }

  @Route(retryMigration)
  retry(@Input() input: ActionInput): Promise<MigrationView> {
    return this.act('retry', input);
  }

  private act(action: Action, { caller, params, requestId }: ActionInput): Promise<MigrationView> {
    return this.useCases.migrations.act(caller, params.id, action, { requestId });
  }
}
