export { admissionInterceptor, type RpcAdmission } from './admission-interceptor';
export { callerOf, signalOf, streamOf, type IncomingCall } from './call-context';
export { ERROR_DOMAIN, fromGrpcError, toGrpcError } from './error-details';
export { createRpcClient, type RpcCallOptions, type RpcClient, type RpcClientSettings } from './rpc-client';
export { meshCallerOf } from './mesh-caller';
export { RpcController, RpcErrorFilter } from './rpc-controller';
export { callerPolicyInterceptor, isAllowedCaller, type RefusedCall } from './server-interceptors';
export { grpcServerOptions, type GrpcServerSettings } from './server-options';
export { startGrpcServer } from './start-grpc-server';
