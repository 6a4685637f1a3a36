import { join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials, type ServerDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const SECRET = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

/** What a workload proves who it is with, and whom it believes. */
export interface Identity {
  cert: string;
  key: string;
  caPem: string;
}

interface SecretRequest {
  resource_names: string[];
  response_nonce: string;
}

type Discovery = ServerDuplexStream<SecretRequest, object>;

/** Stands for Istio's agent beside a sidecar: hands it the certificate of its service account over the socket `path`. */
export async function startSecretServer(path: string, identity: Identity): Promise<{ stop(): void }> {
  const server = new Server();
  const secrets: Record<string, object> = {
    default: { tls_certificate: { certificate_chain: { inline_string: identity.cert }, private_key: { inline_string: identity.key } } },
    ROOTCA: { validation_context: { trusted_ca: { inline_string: identity.caPem } } },
  };
  server.addService(discoveryService(), {
    StreamSecrets: (call: Discovery) => {
      call.on('data', ({ resource_names: names, response_nonce: heard }: SecretRequest) => {
        // One that names an answer only says that it has arrived.
        if (heard) return;
        const resources = names.map((name) => ({ type_url: SECRET, value: { name, ...secrets[name] } }));
        call.write({ version_info: '1', type_url: SECRET, nonce: '1', resources });
      });
      call.on('end', () => call.end());
      call.on('error', () => undefined);
    },
  });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  return { stop: () => server.forceShutdown() };
}

function discoveryService(): ServiceDefinition {
  const definition = loadSync(join(__dirname, 'secret-discovery.proto'), { keepCase: true, defaults: true });
  const { envoy } = loadPackageDefinition(definition) as unknown as {
    envoy: { service: { secret: { v3: { SecretDiscoveryService: { service: ServiceDefinition } } } } };
  };
  return envoy.service.secret.v3.SecretDiscoveryService.service;
}
