import { Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '../../../application/identity/identity';
import { IDENTITY } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import {
  createIdentityProvider,
  createOidcToken,
  deleteIdentityProvider,
  listIdentityProviders,
  listSignInProviders,
  oidcCallback,
  startOidc,
} from '../routes/oidc-routes';
import { ApiController } from './api-controller';
import { toTokenAnswer, visitOf } from './token-answer';

/** Sign-in with providers. */
@ApiController()
export class OidcController {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  @Route(createIdentityProvider)
  createIdentityProvider(
    @Input() { caller, body }: RouteInput<typeof createIdentityProvider>,
  ): Promise<RouteAnswer<typeof createIdentityProvider>> {
    return this.identity.oidcProviders.add(caller, body);
  }

  @Route(listIdentityProviders)
  async listIdentityProviders(
    @Input() { caller }: RouteInput<typeof listIdentityProviders>,
  ): Promise<RouteAnswer<typeof listIdentityProviders>> {
    return { items: await this.identity.oidcProviders.list(caller) };
  }

  @Route(deleteIdentityProvider)
  deleteIdentityProvider(@Input() { caller, params }: RouteInput<typeof deleteIdentityProvider>): Promise<void> {
    return this.identity.oidcProviders.remove(caller, params.name);
  }

  @Route(listSignInProviders)
  async listSignInProviders(): Promise<RouteAnswer<typeof listSignInProviders>> {
    return { items: await this.identity.oidcProviders.names() };
  }

  @Route(startOidc)
  async startOidc(@Input() { params, body }: RouteInput<typeof startOidc>): Promise<RouteAnswer<typeof startOidc>> {
    return { authorizationUrl: await this.identity.oidcSignIn.begin(params.name, { port: null, ...body }) };
  }

  @Route(oidcCallback)
  oidcCallback(@Input() { query }: RouteInput<typeof oidcCallback>, @Req() request: Request): Promise<RouteAnswer<typeof oidcCallback>> {
    const single = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return this.identity.oidcSignIn.callback(Object.fromEntries(single), visitOf(request));
  }

  @Route(createOidcToken)
  async createOidcToken(
    @Input() { body }: RouteInput<typeof createOidcToken>,
    @Req() request: Request,
  ): Promise<RouteAnswer<typeof createOidcToken>> {
    return toTokenAnswer(await this.identity.oidcSignIn.finish(body.ticket, body.verifier, visitOf(request)));
  }
}
