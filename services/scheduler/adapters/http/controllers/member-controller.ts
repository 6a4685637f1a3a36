import { Inject } from '@nestjs/common';
import type { SchedulerUseCases } from '../../../application/use-cases';
import { USE_CASES } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { addMember, listMembers, listUsers, removeMember, updateMember, updateUser } from '../routes/member-routes';
import { ApiController } from './api-controller';

@ApiController()
export class MemberController {
  constructor(@Inject(USE_CASES) private readonly useCases: SchedulerUseCases) {}

  @Route(listMembers)
  async listMembers(@Input() { caller }: RouteInput<typeof listMembers>): Promise<RouteAnswer<typeof listMembers>> {
    return { items: await this.useCases.members.list(caller) };
  }

  @Route(addMember)
  addMember(@Input() { caller, body }: RouteInput<typeof addMember>): Promise<RouteAnswer<typeof addMember>> {
    return this.useCases.members.add(caller, body);
  }

  @Route(updateMember)
  updateMember(@Input() { caller, params, body }: RouteInput<typeof updateMember>): Promise<RouteAnswer<typeof updateMember>> {
    return this.useCases.members.setRole(caller, params.userId, body.role);
  }

  @Route(removeMember)
  removeMember(@Input() { caller, params }: RouteInput<typeof removeMember>): Promise<void> {
    return this.useCases.members.remove(caller, params.userId);
  }

  @Route(listUsers)
  listUsers(@Input() { caller, query }: RouteInput<typeof listUsers>): Promise<RouteAnswer<typeof listUsers>> {
    return this.useCases.users.list(caller, query);
  }

  @Route(updateUser)
  updateUser(@Input() { caller, params, body }: RouteInput<typeof updateUser>): Promise<RouteAnswer<typeof updateUser>> {
    return this.useCases.users.setDisabled(caller, params.user, body.disabled);
  }
}
