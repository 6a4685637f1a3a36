import { Inject } from '@nestjs/common';
import type { Identity } from '../../../application/identity/identity';
import { IDENTITY } from '../http-api-options';
import { Input, Route } from '../route';
import type { RouteAnswer, RouteInput } from '../route-definition';
import { listSigningKeys, rotateSigningKey } from '../routes/signing-key-routes';
import { ApiController } from './api-controller';

@ApiController()
export class SigningKeyController {
  constructor(@Inject(IDENTITY) private readonly identity: Identity) {}

  @Route(listSigningKeys)
  async listSigningKeys(@Input() { caller }: RouteInput<typeof listSigningKeys>): Promise<RouteAnswer<typeof listSigningKeys>> {
    return { items: await this.identity.signingKeyService.list(caller) };
  }

  @Route(rotateSigningKey)
  async rotateSigningKey(@Input() { caller, body }: RouteInput<typeof rotateSigningKey>): Promise<RouteAnswer<typeof rotateSigningKey>> {
    return { items: await this.identity.signingKeyService.rotate(caller, body) };
  }
}
