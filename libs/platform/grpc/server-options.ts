import { Server, type ServerOptions, type ServiceDefinition } from '@grpc/grpc-js';
import { Transport, type GrpcOptions } from '@nestjs/microservices';
import type { HealthRegistry } from '@smartant/platform/health';
import type { Logger } from '@smartant/platform/logging';
import { HealthImplementation } from 'grpc-health-check';
import { admissionInterceptor, type RpcAdmission } from './admission-interceptor';
import { callerPolicyInterceptor, logContextInterceptor, serverMetricsInterceptor, type RefusedCall } from './server-interceptors';
import { serverCredentials, type RpcTls } from './tls-credentials';

/** Endless streams do not end by themselves when the server stops: after this long they are cut. */
const SHUTDOWN_GRACE_MS = 3_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Of one connection. A service opens one connection for all its calls, watches included; more calls wait at the client. */
const MAX_STREAMS_PER_CONNECTION = 1_000;
/** Of one connection: headers and buffers of all its streams. https://nodejs.org/api/http2.html#http2createserveroptions-onrequesthandler */
const MAX_SESSION_MEMORY_MB = 64;
/** A client that has not called for so long is told to connect again when it needs to. */
const MAX_CONNECTION_IDLE_MS = 30 * 60_000;

export interface GrpcServerSettings {
  /** The generated service definitions by their full names, such as "smartant.credential.v1.CredentialService". */
  services: Record<string, object>;
  /** host:port to listen on. */
  url: string;
  /** Mutual TLS. Without it the server is plaintext and checks no caller: only inside a mesh. */
  tls?: RpcTls;
  /** Makes `grpc.health.v1.Health` follow the service's readiness. Without it: always serving. */
  health?: HealthRegistry;
  logger?: Logger;
  /** Decides which calls are taken on. Without it: all. Health checks are never refused. */
  admission?: RpcAdmission;
  /** Told of each call that is refused for who calls. */
  onRefused?: (call: RefusedCall) => void;
}

/**
 * The Nest microservice that serves generated services: no .proto file at run time, mutual TLS with the caller checked against
 * `rpcPolicies`, keepalive, `grpc.health.v1`, metrics, log context, a graceful stop of at most three seconds. Use `startGrpcServer` to listen.
 */
export function grpcServerOptions(settings: GrpcServerSettings): GrpcOptions {
  const interceptors = [serverMetricsInterceptor, logContextInterceptor];
  if (settings.tls) interceptors.push(callerPolicyInterceptor(settings.logger, settings.onRefused));
  // After the policy: who may not call at all takes nobody's place.
  if (settings.admission) interceptors.push(admissionInterceptor(settings.admission));
  const channelOptions: ServerOptions = {
    interceptors,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
    'grpc-node.max_session_memory': MAX_SESSION_MEMORY_MB,
    'grpc.max_connection_idle_ms': MAX_CONNECTION_IDLE_MS,
    // Finds clients that vanished without closing, so that their watch streams do not pile up.
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
  };
  return {
    transport: Transport.GRPC,
    options: {
      url: settings.url,
      package: [...new Set(Object.keys(settings.services).map((name) => name.slice(0, name.lastIndexOf('.'))))],
      packageDefinition: packageDefinitionOf(settings.services),
      credentials: serverCredentials(settings.tls),
      channelOptions: channelOptions as Record<string, unknown>,
      gracefulShutdown: true,
      onLoadPackageDefinition: (_definition: unknown, server: Server) => {
        addHealthService(server, Object.keys(settings.services), settings.health);
        boundShutdown(server);
      },
    },
  };
}

/** ts-proto names methods in camelCase; Nest and reflection know them by their proto names, which end the path. */
function packageDefinitionOf(services: Record<string, object>): Record<string, ServiceDefinition> {
  const byProtoName = (definition: object) =>
    Object.fromEntries(
      Object.entries(definition as ServiceDefinition).map(([originalName, method]) => [
        method.path.slice(method.path.lastIndexOf('/') + 1),
        { ...method, originalName },
      ]),
    );
  return Object.fromEntries(Object.entries(services).map(([name, definition]) => [name, byProtoName(definition)]));
}

function addHealthService(server: Server, names: string[], health: HealthRegistry | undefined): void {
  const service = new HealthImplementation();
  const set = (ready: boolean) => {
    for (const name of ['', ...names]) service.setStatus(name, ready ? 'SERVING' : 'NOT_SERVING');
  };
  set(true);
  health?.onReadyChange(set);
  service.addToServer(server);
}

/** Nest waits in `tryShutdown` for every call to end, which an endless stream never does. */
function boundShutdown(server: Server): void {
  const tryShutdown = server.tryShutdown.bind(server);
  server.tryShutdown = (callback) => {
    const timer = setTimeout(() => server.forceShutdown(), SHUTDOWN_GRACE_MS);
    tryShutdown((error) => {
      clearTimeout(timer);
      callback(error);
    });
  };
}
