import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '../../../application/identity/identity';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { IDENTITY, USE_CASES } from '../http-api-options';
import { requestState } from '../request/request-state';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  createWorkspace,
  getQuotas,
  getSignInRules,
  getWorkspaceQuotas,
  listWorkspaces,
  switchWorkspace,
  updateSignInRules,
  updateWorkspace,
  updateWorkspaceQuotas,
} from '../routes/workspace-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

@ApiController()
export class WorkspaceController {
  constructor(
    @Inject(USE_CASES) private readonly useCases: SchedulerUseCases,
    @Inject(IDENTITY) private readonly identity: Identity,
  ) {}

  @Route(switchWorkspace)
  async switchWorkspace(
    @Input() { body }: RouteInput<typeof switchWorkspace>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof switchWorkspace>> {
    const { subject } = requestState(request);
    if (!subject) throw new TypeError('the access guard lets nobody in without a subject');
    return toTokenAnswer(await this.identity.switchWorkspace.to(subject, body.workspace, visitOf(request)));
  }

  @Route(listWorkspaces)
  async listWorkspaces(@Input() { caller }: RouteInput<typeof listWorkspaces>): Promise<RouteAnswer<typeof listWorkspaces>> {
    return { items: await this.useCases.workspaces.list(caller) };
  }

  @Route(createWorkspace)
  createWorkspace(@Input() { caller, body }: RouteInput<typeof createWorkspace>): Promise<RouteAnswer<typeof createWorkspace>> {
    return this.useCases.workspaces.create(caller, body.name);
  }

  @Route(updateWorkspace)
  updateWorkspace(@Input() { caller, params, body }: RouteInput<typeof updateWorkspace>): Promise<RouteAnswer<typeof updateWorkspace>> {
    return this.useCases.workspaces.update(caller, params.idOrName, body);
  }

  @Route(getSignInRules)
  getSignInRules(@Input() { caller }: RouteInput<typeof getSignInRules>): Promise<RouteAnswer<typeof getSignInRules>> {
    return this.identity.signInRules.of(caller);
  }

  @Route(updateSignInRules)
  updateSignInRules(@Input() { caller, body }: RouteInput<typeof updateSignInRules>): Promise<RouteAnswer<typeof updateSignInRules>> {
    return this.identity.signInRules.set(caller, body);
  }

  @Route(getQuotas)
  getQuotas(@Input() { caller }: RouteInput<typeof getQuotas>): Promise<RouteAnswer<typeof getQuotas>> {
    return this.useCases.quotas.ofOwn(caller);
  }

  @Route(getWorkspaceQuotas)
  getWorkspaceQuotas(@Input() { caller, params }: RouteInput<typeof getWorkspaceQuotas>): Promise<RouteAnswer<typeof getWorkspaceQuotas>> {
    return this.useCases.quotas.of(caller, params.idOrName);
  }

  @Route(updateWorkspaceQuotas)
  updateWorkspaceQuotas(
    @Input() { caller, params, body }: RouteInput<typeof updateWorkspaceQuotas>,
  ): Promise<RouteAnswer<typeof updateWorkspaceQuotas>> {
    return this.useCases.quotas.set(caller, params.idOrName, body);
  }
}
