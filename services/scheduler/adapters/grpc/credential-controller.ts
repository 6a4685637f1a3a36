import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { credentialV1 } from '@smartant/contracts';
import { callerOf, meshCallerOf, RpcController } from '@smartant/platform/grpc';
import { currentTraceId } from '@smartant/platform/telemetry';
import { ResolveCredentials } from '../../application/credentials/resolve-credentials';
import type { EndpointSecret } from '../../domain/endpoint/endpoint';
import { networkSecretToProto } from './network-to-proto';

/** CredentialService: secrets for migrators. The server itself, or the mesh, checks callers against the RPC's policy. */
@RpcController()
export class CredentialController {
  constructor(@Inject(ResolveCredentials) private readonly credentials: ResolveCredentials) {}

  @GrpcMethod('CredentialService', 'Resolve')
  async resolve(
    { runId, epoch, endpointId }: credentialV1.ResolveRequest,
    metadata: Metadata,
    call: ServerUnaryCall<credentialV1.ResolveRequest, credentialV1.ResolveResponse>,
  ): Promise<credentialV1.ResolveResponse> {
    // The certificate of our own TLS comes first: where there is one, no header says who calls.
    const caller = callerOf(call) ?? meshCallerOf(metadata, call) ?? null;
    const origin = { address: call.getPeer(), credential: 'service', traceId: currentTraceId() ?? null };
    const { secret, ttlSeconds } = await this.credentials.resolve({ runId, epoch, endpointId, caller, origin });
    return { secret: secretToProto(secret), ttlSeconds, network: networkSecretToProto(secret.network) };
  }
}

function secretToProto(secret: EndpointSecret): credentialV1.ResolveResponse['secret'] {
  if (secret.kind === 'none') return { $case: 'none', value: {} };
  if (secret.kind === 'password') return { $case: 'password', value: { password: secret.password } };
  if (secret.kind === 'ssh') {
    const { privateKeyPem = '', passphrase = '', password = '', becomePassword = '' } = secret;
    return { $case: 'ssh', value: { privateKeyPem, passphrase, password, becomePassword } };
  }
  const { accessKeyId, secretAccessKey, sessionToken = '' } = secret;
  return { $case: 's3', value: { accessKeyId, secretAccessKey, sessionToken } };
}
