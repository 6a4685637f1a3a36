import type { Request } from 'express';
import type { RefusalLog } from '../../../application/audit/refusal-log';
import { requestState, traceIdOf } from '../request/request-state';

/**
 * Writes into the audit trail of the caller's own workspace that a request was refused for its role or its workspace. The operation and not
 * the address: what somebody may have typed into it is not ours to keep.
 */
export function noteRefusal(request: Request, code: string, refusals: Pick<RefusalLog, 'note'> | undefined): void {
  const { subject, route } = requestState(request);
  if (!subject || !route) return;
  const { userId, workspaceId, credential } = subject;
  refusals?.note({
    actor: { userId, origin: { address: request.ip ?? '', credential, traceId: traceIdOf(request) } },
    action: 'operation.call',
    workspaceId,
    target: { kind: 'operation', id: route.operationId, name: null },
    code,
  });
}
