import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { ApiKey } from '../../../application/identity/identity-store';
import type { Identity } from '../../../application/identity/identity';
import { ROLE_PERMISSIONS } from '../../../application/identity/permissions';
import { IDENTITY } from '../http-api-options';
import { requestState } from '../request/request-state';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { createApiKey, createToken, deleteApiKey, getJsonWebKeySet, listApiKeys, whoAmI } from '../routes/identity-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

@ApiController()
export class IdentityController {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  @Route(createToken)
  async createToken(@Input() { body }: RouteInput<typeof createToken>, @Req() request: Request): Promise<RouteAnswer<typeof createToken>> {
    const { signIn } = this.identity;
    const visit = visitOf(request);
    if ('apiKey' in body) return toTokenAnswer(await signIn.withApiKey(body.apiKey, { ...visit, workspace: body.workspace }));
    return toTokenAnswer(await signIn.withPassword({ ...body, ...visit }));
  }

  @Route(whoAmI)
  async whoAmI(@Input() _input: RouteInput<typeof whoAmI>, @Req() request: Request): Promise<RouteAnswer<typeof whoAmI>> {
    const subject = requestState(request).subject;
    if (!subject) throw new TypeError('the access guard lets nobody in without a subject');
    const { userId, username, workspaceId, workspaceName, role } = subject;
    return { userId, username, workspaceId, workspace: workspaceName, role, permissions: [...ROLE_PERMISSIONS[role]] };
  }

  @Route(getJsonWebKeySet)
  async getJsonWebKeySet(): Promise<RouteAnswer<typeof getJsonWebKeySet>> {
    return { keys: await this.identity.signingKeys.published() };
  }

  @Route(createApiKey)
  async createApiKey(@Input() { caller, body }: RouteInput<typeof createApiKey>): Promise<RouteAnswer<typeof createApiKey>> {
    const { key, secret } = await this.identity.apiKeys.create(caller, body);
    return { ...toAnswer(key), apiKey: secret };
  }

  @Route(listApiKeys)
  async listApiKeys(@Input() { caller }: RouteInput<typeof listApiKeys>): Promise<RouteAnswer<typeof listApiKeys>> {
    return { items: (await this.identity.apiKeys.list(caller)).map(toAnswer) };
  }

  @Route(deleteApiKey)
  deleteApiKey(@Input() { caller, params }: RouteInput<typeof deleteApiKey>): Promise<void> {
    return this.identity.apiKeys.revoke(caller, params.id);
  }
}

export function toAnswer({ userId, workspaceId: _, ...key }: ApiKey) {
  return { ...key, createdBy: userId };
}
