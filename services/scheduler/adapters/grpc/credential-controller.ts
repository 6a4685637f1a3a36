import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { credentialV1 } from '@smartant/contracts';
import { callerOf, RpcController } from '@smartant/platform/grpc';
import { ResolveCredentials } from '../../application/credentials/resolve-credentials';
import type { EndpointSecret } from '../../domain/endpoint/endpoint';
import { networkSecretToProto } from './network-to-proto';

/** CredentialService: secrets for migrators. The server itself checks callers' certificates against the RPC's policy. */
@RpcController()
export class CredentialController {
  constructor(@Inject(ResolveCredentials) private readonly credentials: ResolveCredentials) {}

  @GrpcMethod('CredentialService', 'Resolve')
  async resolve(
    { runId, epoch, endpointId }: credentialV1.ResolveRequest,
    _metadata: unknown,
    call: ServerUnaryCall<credentialV1.ResolveRequest, credentialV1.ResolveResponse>,
  ): Promise<credentialV1.ResolveResponse> {
    const { secret, ttlSeconds } = await this.credentials.resolve({ runId, epoch, endpointId, caller: callerOf(call) ?? null });
    return { secret: secretToProto(secret), ttlSeconds, network: networkSecretToProto(secret.network) };
  }
}

function secretToProto(secret: EndpointSecret): credentialV1.ResolveResponse['secret'] {
  if (secret.kind === 'none') return { $case: 'none', value: {} };
  const { accessKeyId, secretAccessKey, sessionToken = '' } = secret;
  return { $case: 's3', value: { accessKeyId, secretAccessKey, sessionToken } };
}
