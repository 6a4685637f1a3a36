import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { SmartantError } from '@smartant/kernel';
import type { TokenSubject } from '../../../application/identity/access-tokens';
import type { Identity } from '../../../application/identity/identity';
import { isAllowed, rolesWith, type Permission } from '../../../application/identity/permissions';
import { IDENTITY } from '../http-api-options';
import { requestState } from '../request/request-state';
import { routeOf } from '../route';

/** Lets a request in when its token is good, its role holds the route's permission, and the workspace in the path is the caller's. */
export class AccessGuard implements CanActivate {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = routeOf(context.getHandler());
    if (!route) throw new TypeError(`${context.getClass().name}.${context.getHandler().name} declares no permission`);
    if (route.permission === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const subject = await this.identity.tokens.verify(bearerToken(request));
    requestState(request).subject = subject;
    assertRole(subject, route.permission);
    assertWorkspace(subject, request.params['ws']);
    return true;
  }
}

function bearerToken(request: Request): string {
  const [scheme = '', token = '', ...rest] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer' && token !== '' && rest.length === 0) return token;
  throw new SmartantError('TOKEN_MISSING', 'The request has no access token.', {
    kind: 'unauthenticated',
    hint: 'Sign in with POST /v1/auth/token and send "Authorization: Bearer <accessToken>".',
  });
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
