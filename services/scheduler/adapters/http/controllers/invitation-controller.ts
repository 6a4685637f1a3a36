import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '../../../application/identity/identity';
import type { AcceptedInvitation as Accepted } from '../../../application/tenancy/tenancy-use-cases';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { IDENTITY, USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { acceptInvitation, createInvitation, joinWorkspace, listInvitations, revokeInvitation } from '../routes/invitation-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

@ApiController()
export class InvitationController {
  constructor(
    @Inject(USE_CASES) private readonly useCases: SchedulerUseCases,
    @Inject(IDENTITY) private readonly identity: Identity,
  ) {}

  @Route(createInvitation)
  async createInvitation(@Input() { caller, body }: RouteInput<typeof createInvitation>): Promise<RouteAnswer<typeof createInvitation>> {
    const { invitation, token } = await this.useCases.invitations.create(caller, body);
    return { ...invitation, token };
  }

  @Route(listInvitations)
  async listInvitations(@Input() { caller }: RouteInput<typeof listInvitations>): Promise<RouteAnswer<typeof listInvitations>> {
    return { items: await this.useCases.invitations.list(caller) };
  }

  @Route(revokeInvitation)
  revokeInvitation(@Input() { caller, params }: RouteInput<typeof revokeInvitation>): Promise<void> {
    return this.useCases.invitations.revoke(caller, params.id);
  }

  @Route(acceptInvitation)
  async acceptInvitation(
    @Input() { body }: RouteInput<typeof acceptInvitation>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof acceptInvitation>> {
    const visit = visitOf(request);
    const origin = { address: visit.address, credential: null, traceId: visit.traceId ?? null };
    const { userId, workspace } = await this.useCases.invitations.acceptAsNew(body, origin);
    return toTokenAnswer(await this.identity.sessions.openForInvited({ userId, workspaceId: workspace.id }, visit));
  }

  @Route(joinWorkspace)
  async joinWorkspace(@Input() { caller, body }: RouteInput<typeof joinWorkspace>): Promise<RouteAnswer<typeof joinWorkspace>> {
    return toAnswer(await this.useCases.invitations.join(caller, body.token));
  }
}

function toAnswer({ workspace, userId, role }: Accepted): RouteAnswer<typeof joinWorkspace> {
  return { userId, workspaceId: workspace.id, workspace: workspace.name, role };
}
