import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SmartantError } from '@smartant/kernel';
import { addToSpan } from '@smartant/platform/telemetry';
import type { TokenSubject } from '../../../application/identity/access-tokens';
import { isAllowed, rolesWith, type Permission } from '../../../application/identity/permissions';
import { requestState } from '../request/request-state';
import { routeOf } from '../route';
import { FrontDoor } from './front-door';

/** Lets a request in when its token is good, its role holds the route's permission, and the workspace in the path is the caller's. */
export class AccessGuard implements CanActivate {
  constructor(@Inject(FrontDoor) private readonly door: FrontDoor) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = routeOf(context.getHandler());
    if (!route) throw new TypeError(`${context.getClass().name}.${context.getHandler().name} declares no permission`);
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    // A request that the front door took for another than the router did gets its place here.
    await this.door.admit(route, request, http.getResponse<Response>());
    if (route.permission === 'public') return true;
    const { subject, refusal } = requestState(request);
    if (!subject) throw refusal ?? new TypeError('a request without a subject has passed the front door');
    assertRole(subject, route.permission);
    assertWorkspace(subject, request.params['ws']);
    // Whoever may look into this workspace's traces finds the request by it.
    addToSpan({ 'smartant.workspace': subject.workspaceId });
    return true;
  }
}

function assertRole(subject: TokenSubject, permission: Permission): void {
  if (isAllowed(subject.role, permission)) return;
  throw new SmartantError('ROLE_FORBIDDEN', `The role ${subject.role} may not do this.`, {
    kind: 'forbidden',
    hint: `It needs one of these roles: ${rolesWith(permission).join(', ')}.`,
    details: { permission, role: subject.role },
  });
}

/** The same answer for a workspace of others and for one that does not exist: who is not in it learns nothing about it. */
function assertWorkspace(subject: TokenSubject, workspace: unknown): void {
  if (workspace === undefined || workspace === subject.workspaceId || workspace === subject.workspaceName) return;
  throw new SmartantError('WORKSPACE_FORBIDDEN', 'You are not a member of this workspace.', {
    kind: 'forbidden',
    hint: `Your token is for the workspace "${subject.workspaceName}".`,
  });
}
