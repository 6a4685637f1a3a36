import { SmartantError } from '@smartant/kernel';
import { callerOf, type IncomingCall, type RefusedCall } from '@smartant/platform/grpc';
import { currentTraceId } from '@smartant/platform/telemetry';
import type { RefusalLog } from '../../application/audit/refusal-log';
import type { Caller, CallOrigin } from '../../application/use-cases';

/** Writes into the platform's audit trail that a service called what it may not call. */
export function noteRefusedCall(refusals: Pick<RefusalLog, 'note'>): (call: RefusedCall) => void {
  return ({ method, caller, peer }) =>
    refusals.note({
      actor: {
        userId: `service:${caller ?? 'anonymous'}`,
        origin: { address: addressOf(peer), credential: 'service', traceId: null },
      },
      action: 'operation.call',
      workspaceId: null,
      target: { kind: 'operation', id: method, name: null },
      code: 'RPC_CALLER_FORBIDDEN',
    });
}

/** Who calls: the name in the certificate. Without one (in a mesh) a caller is only known as an internal client. */
export function serviceOf(call: IncomingCall): Pick<Caller, 'userId'> & { origin: CallOrigin } {
  const origin = { address: call.getPeer(), credential: 'service', traceId: currentTraceId() ?? null };
  return { userId: `service:${callerOf(call) ?? 'internal-client'}`, origin };
}

/**
 * Writes into the trail of the workspace (null: of the platform) that a use case refused a service what it asked, as the edge of REST does
 * for users. What is not forbidden is no refusal, and is not written.
 */
export function noteRefusedUseCase(
  refusals: Pick<RefusalLog, 'note'>,
  call: IncomingCall & { getPath(): string },
  workspaceId: string | null,
  error: unknown,
): void {
  if (!(error instanceof SmartantError) || error.kind !== 'forbidden') return;
  const { userId, origin } = serviceOf(call);
  refusals.note({
    actor: { userId, origin: { ...origin, address: addressOf(origin.address) } },
    action: 'operation.call',
    workspaceId,
    target: { kind: 'operation', id: call.getPath(), name: null },
    code: error.code,
  });
}

/** Without the port, which is another one for each connection. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '');
}
