import { type ServerInterceptor, ServerInterceptingCall, status } from '@grpc/grpc-js';
import { rpcPolicies } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { withLogContext, type Logger } from '@smartant/platform/logging';
import { histogram } from '@smartant/platform/metrics';
import { callerOf } from './call-context';
import { readLogContext } from './call-headers';
import { toGrpcError } from './error-details';

const HEALTH_SERVICE = '/grpc.health.v1.Health/';

/** A call of somebody whom the RPC does not name. */
export interface RefusedCall {
  /** `/smartant.migration.v1.MigrationService/GetMigration` */
  method: string;
  /** The common name of its certificate. */
  caller: string | undefined;
  /** Address and port. */
  peer: string;
}

/**
 * Lets a call in only when its certificate's common name is among the callers that the proto option of the RPC names. It sits in the
 * server, below Nest, so that no controller can forget it; an RPC without a policy is refused. For mutual TLS only: in a mesh the
 * AuthorizationPolicy made from the same option does this. Health checks are open to every holder of a certificate.
 */
export function callerPolicyInterceptor(logger: Logger | undefined, onRefused?: (call: RefusedCall) => void): ServerInterceptor {
  return (method, call) => {
    const caller = callerOf(call);
    const allowed = method.path.startsWith(HEALTH_SERVICE) || isAllowedCaller(method.path, caller);
    if (allowed) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: () => {
            logger?.warn({ method: method.path, caller, peer: call.getPeer() }, 'gRPC call refused: not an allowed caller');
            onRefused?.({ method: method.path, caller, peer: call.getPeer() });
            call.sendStatus(toGrpcError(callerForbidden(method.path, caller)));
          },
        }),
    });
  };
}

/** Whether the RPC's policy names this caller. */
export function isAllowedCaller(path: string, caller: string | undefined): boolean {
  return caller !== undefined && (rpcPolicies[path]?.callers.includes(caller) ?? false);
}

function callerForbidden(path: string, caller: string | undefined): SmartantError {
  return new SmartantError('RPC_CALLER_FORBIDDEN', `"${caller ?? 'anonymous'}" may not call ${path}.`, {
    kind: 'forbidden',
    actor: 'operator',
    hint: 'Only the services that the RPC names as callers may use it. Check which certificate the caller presents.',
    details: { method: path, caller: caller ?? '' },
  });
}

/** Gives the handler's log lines the ids that the caller sent. */
export const logContextInterceptor: ServerInterceptor = (_method, call) => {
  let context = {};
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, forward) => {
          context = readLogContext(metadata);
          forward(metadata);
        },
        // Handlers of unary calls and server streams are called at the half-close: https://github.com/grpc/grpc-node server.ts
        onReceiveHalfClose: (forward) => withLogContext(context, forward),
      }),
  });
};

const serverSeconds = histogram('smartant_rpc_server_duration_seconds', 'Time to answer an RPC, by method and status.', ['method', 'code']);

/** Rate, errors and duration of each RPC. */
export const serverMetricsInterceptor: ServerInterceptor = (method, call) => {
  const stop = serverSeconds.startTimer({ method: method.path });
  let answered = false;
  const observe = (code: status) => {
    if (!answered) stop({ code: status[code] });
    answered = true;
  };
  return new ServerInterceptingCall(call, {
    start: (next) => next({ onCancel: () => observe(status.CANCELLED) }),
    sendStatus: (answer, next) => {
      observe(answer.code ?? status.UNKNOWN);
      next(answer);
    },
  });
};
