import {
  type CallOptions,
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  Metadata,
  status,
} from '@grpc/grpc-js';
import { rpcPolicies, type RpcPolicyEntry } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { currentLogContext } from '@smartant/platform/logging';
import { histogram } from '@smartant/platform/metrics';
import { writeLogContext } from './call-headers';
import { fromGrpcError } from './error-details';
import { retryCall } from './retry-call';
import { channelCredentials, type RpcTls } from './tls-credentials';

export interface RpcCallOptions {
  /** Cancels the call; it then rejects with `CANCELLED`. */
  signal?: AbortSignal;
  /** Sent as `x-request-id`, for the logs of both sides. */
  requestId?: string;
  /** Shorter than the policy's deadline, for one attempt, in milliseconds. */
  deadlineMs?: number;
}

export interface RpcClientSettings {
  /** host:port. In Kubernetes `dns:///name:port` spreads the calls over all pods where there is no mesh. */
  address: string;
  /** Mutual TLS; without it plaintext, only inside a mesh. */
  tls?: RpcTls;
  /** The name that the server's certificate must carry: the service's own, where `address` is a loopback address. */
  serverName?: string;
  /** Replaces settings of the channel; tests shorten the keepalive. */
  channelOptions?: ChannelOptions;
}

interface MethodDefinition {
  path: string;
  requestStream: boolean;
  responseStream: boolean;
  requestSerialize: (value: never) => Buffer;
  responseDeserialize: (value: Buffer) => unknown;
}

type Methods = Record<string, MethodDefinition>;

type RpcCall<Method> = Method extends {
  requestSerialize: (value: infer Request) => Buffer;
  responseDeserialize: (value: Buffer) => infer Response;
}
  ? Method extends { responseStream: true }
    ? (request: Request, options?: RpcCallOptions) => AsyncIterable<Response>
    : (request: Request, options?: RpcCallOptions) => Promise<Response>
  : never;

/** A promise method for each unary RPC, an async iterable for each server stream, and `close`. */
export type RpcClient<Definition> = { [Name in keyof Definition]: RpcCall<Definition[Name]> } & { close(): void };

const clientSeconds = histogram('smartant_rpc_client_duration_seconds', 'Time of one attempt of an RPC, by method and status.', [
  'method',
  'code',
]);

/**
 * A client for a generated service, made from its generated constructor. Each call follows the policy that the RPC declares in
 * proto/: its deadline is set for every attempt, and retries happen only where the client owns them. Calls carry the log context and, with
 * telemetry started, the trace context. Every call rejects with a `SmartantError` (see `fromGrpcError`). Connects at the first call,
 * reconnects by itself, and sends keepalive pings so that a peer that vanished is noticed within 15 s
 * (https://github.com/grpc/grpc-node/issues/2785). Server streams have no deadline and no retry: the caller reopens them.
 */
export function createRpcClient<Definition extends object>(
  ClientConstructor: { readonly service: Definition },
  settings: RpcClientSettings,
): RpcClient<Definition> {
  const channel = new Client(settings.address, channelCredentials(settings.tls), channelOptionsOf(settings));
  const calls = Object.entries(ClientConstructor.service as unknown as Methods).map(([name, method]) => {
    if (method.requestStream) throw new TypeError(`${method.path} streams its requests, which this client does not do.`);
    const call = method.responseStream
      ? (request: never, options: RpcCallOptions = {}) => streamCall(channel, method, request, options)
      : (request: never, options: RpcCallOptions = {}) => unaryCall(channel, method, request, options);
    return [name, call] as const;
  });
  return { ...Object.fromEntries(calls), close: () => channel.close() } as unknown as RpcClient<Definition>;
}

function channelOptionsOf({ serverName, channelOptions }: RpcClientSettings): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.keepalive_permit_without_calls': 1,
    // Retries have one owner: `retryCall`.
    'grpc.enable_retries': 0,
    // The default waits up to two minutes before it looks again for a service that was restarted.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
    ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName }),
    ...channelOptions,
  };
}

function policyOf(method: MethodDefinition): RpcPolicyEntry {
  return rpcPolicies[method.path] ?? { idempotent: false, deadlineMs: 10_000, callers: [], retryOwner: 'none' };
}

function metadataOf({ requestId }: RpcCallOptions): Metadata {
  const metadata = new Metadata();
  writeLogContext(metadata, { ...currentLogContext(), ...(requestId === undefined ? {} : { requestId }) });
  return metadata;
}

function unaryCall(channel: Client, method: MethodDefinition, request: never, options: RpcCallOptions): Promise<unknown> {
  const policy = policyOf(method);
  const deadlineMs = Math.min(options.deadlineMs ?? Infinity, policy.deadlineMs || Infinity);
  return retryCall(policy, options.signal, () => attemptUnary(channel, method, request, options, deadlineMs));
}

function attemptUnary(
  channel: Client,
  method: MethodDefinition,
  request: never,
  options: RpcCallOptions,
  deadlineMs: number,
): Promise<unknown> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(method.path));
    const stop = clientSeconds.startTimer({ method: method.path });
    const callOptions: CallOptions = Number.isFinite(deadlineMs) ? { deadline: Date.now() + deadlineMs } : {};
    let call: ClientUnaryCall | undefined = undefined;
    const abort = () => call?.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    call = channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadataOf(options),
      callOptions,
      (error, response) => {
        signal?.removeEventListener('abort', abort);
        stop({ code: status[error?.code ?? status.OK] });
        if (error) reject(signal?.aborted ? cancelled(method.path) : fromGrpcError(error, method.path));
        else resolve(response);
      },
    );
  });
}

async function* streamCall(channel: Client, method: MethodDefinition, request: never, options: RpcCallOptions): AsyncGenerator<unknown> {
  const { signal, deadlineMs } = options;
  if (signal?.aborted) throw cancelled(method.path);
  const callOptions: CallOptions = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  const stop = clientSeconds.startTimer({ method: method.path });
  let code = status.CANCELLED; // Unless it ends by itself: the reader has stopped.
  const call: ClientReadableStream<unknown> = channel.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadataOf(options),
    callOptions,
  );
  const abort = () => call.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    yield* call;
    code = status.OK;
  } catch (error) {
    if (!signal?.aborted) code = (error as { code?: status }).code ?? status.UNKNOWN;
    throw signal?.aborted ? cancelled(method.path) : fromGrpcError(error, method.path);
  } finally {
    stop({ code: status[code] });
    signal?.removeEventListener('abort', abort);
    call.on('error', () => undefined); // A reader that stops early cancels the call, which is then an error without a listener.
    call.cancel();
  }
}

function cancelled(path: string): SmartantError {
  return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user', details: { method: path } });
}
