import { SmartantError } from '@smartant/kernel';
import type { WorkspaceRecord } from '../ports/tenancy';

/** Raises WORKSPACE_NOT_FOUND. */
export function requireWorkspace(found: WorkspaceRecord | null, idOrName: string): WorkspaceRecord {
  if (found) return found;
  throw new SmartantError('WORKSPACE_NOT_FOUND', `There is no workspace "${idOrName}".`, {
    kind: 'not-found',
    hint: 'See GET /v1/workspaces, or use the workspace "default".',
  });
}

export function workspaceDisabled(): SmartantError {
  return new SmartantError('WORKSPACE_DISABLED', 'This workspace is disabled.', {
    kind: 'forbidden',
    hint: 'Ask an administrator of the platform to enable it.',
  });
}
