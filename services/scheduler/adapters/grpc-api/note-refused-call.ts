import type { RefusedCall } from '@smartant/platform/grpc';
import type { RefusalLog } from '../../application/audit/refusal-log';

/** Writes into the platform's audit trail that a service called what it may not call. */
export function noteRefusedCall(refusals: Pick<RefusalLog, 'note'>): (call: RefusedCall) => void {
  return ({ method, caller, peer }) =>
    refusals.note({
      // Without the port, which is another one for each connection.
      actor: {
        userId: `service:${caller ?? 'anonymous'}`,
        origin: { address: peer.replace(/:\d+$/, ''), credential: 'service', traceId: null },
      },
      action: 'operation.call',
      workspaceId: null,
      target: { kind: 'operation', id: method, name: null },
      code: 'RPC_CALLER_FORBIDDEN',
    });
}
