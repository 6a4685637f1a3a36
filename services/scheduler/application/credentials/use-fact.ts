import type { AuditFact } from '../ports/audit';
import type { CredentialRequest } from './resolve-credentials';

/** What a caller sends is kept at this length: our own ids are shorter. */
const LONGEST_ID = 100;

/** Somebody was given the credentials of an endpoint, or was refused them. Never what they are. */
export function useFact({ runId, epoch, endpointId }: CredentialRequest, workspaceId: string | null, code: string | null): AuditFact {
  return {
    action: 'credential.use',
    workspaceId,
    target: { kind: 'endpoint', id: endpointId.slice(0, LONGEST_ID), name: null },
    before: null,
    after: { runId: runId.slice(0, LONGEST_ID), epoch },
    outcome: code === null ? 'done' : 'refused',
    code,
  };
}
