import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { createDraft, deleteDraft, getDraft, listDrafts, updateDraft } from '../routes/draft-routes';
import { withoutUndefined } from '../schemas/named-schema';
import { ApiController } from './api-controller';

@ApiController()
export class DraftController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(createDraft)
  createDraft(@Input() { caller, body }: RouteInput<typeof createDraft>): Promise<RouteAnswer<typeof createDraft>> {
    return this.useCases.drafts.create(caller, body);
  }

  @Route(listDrafts)
  listDrafts(@Input() { caller, query }: RouteInput<typeof listDrafts>): Promise<RouteAnswer<typeof listDrafts>> {
    return this.useCases.drafts.list(caller, query);
  }

  @Route(getDraft)
  getDraft(@Input() { caller, params }: RouteInput<typeof getDraft>): Promise<RouteAnswer<typeof getDraft>> {
    return this.useCases.drafts.get(caller, params.id);
  }

  @Route(updateDraft)
  updateDraft(
    @Input() { caller, params, body, expectedVersion }: RouteInput<typeof updateDraft>,
  ): Promise<RouteAnswer<typeof updateDraft>> {
    return this.useCases.drafts.update(caller, params.id, withoutUndefined(body), expectedVersion);
  }

  @Route(deleteDraft)
  deleteDraft(@Input() { caller, params }: RouteInput<typeof deleteDraft>): Promise<void> {
    return this.useCases.drafts.remove(caller, params.id);
  }
}
