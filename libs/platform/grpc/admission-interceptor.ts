import { type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';
import { toSmartantError } from '@smartant/kernel';
import { callerOf } from './call-context';
import { toGrpcError } from './error-details';

const HEALTH_SERVICE = '/grpc.health.v1.Health/';
/** Behind a mesh all callers come without a certificate. */
const UNNAMED_CALLER = 'internal-client';

/** A place among the calls under way; leaving it twice does no harm. */
interface Permit {
  leave(): void;
}

/**
 * Resolves once the call may be worked on; a rejection is answered with its status, and RetryInfo where it names a pause. `caller` is the
 * name in the certificate. The signal fires when the caller leaves.
 */
export type RpcAdmission = (path: string, caller: string, signal: AbortSignal) => Promise<Permit>;

/** Lets calls in before any of their messages is read, and gives their place up when they are answered or their caller leaves. */
export function admissionInterceptor(admit: RpcAdmission): ServerInterceptor {
  return (method, call) => {
    if (method.path.startsWith(HEALTH_SERVICE)) return new ServerInterceptingCall(call);
    const gone = new AbortController();
    let permit: Permit | undefined;
    const end = () => {
      gone.abort();
      permit?.leave();
    };
    const enter = async () => {
      permit = await admit(method.path, callerOf(call) ?? UNNAMED_CALLER, gone.signal);
      // Cancelled between the grant and now: nobody would leave it any more.
      if (gone.signal.aborted) permit.leave();
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, forward) =>
            void enter().then(
              () => forward(metadata),
              (error: unknown) => {
                if (!gone.signal.aborted) call.sendStatus(toGrpcError(toSmartantError(error)));
              },
            ),
          onCancel: end,
        }),
      sendStatus: (answer, next) => {
        end();
        next(answer);
      },
    });
  };
}
