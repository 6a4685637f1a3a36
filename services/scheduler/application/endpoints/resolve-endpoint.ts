import { SmartantError } from '@smartant/kernel';
import type { Endpoint } from '../../domain/endpoint/endpoint';
import type { ResolvedEndpoint } from '../ports/migrator';
import type { Stores } from '../ports/unit-of-work';

/** By id or name. Raises ENDPOINT_NOT_FOUND. */
export async function requireEndpoint(stores: Stores, workspaceId: string, idOrName: string): Promise<Endpoint> {
  const found = await stores.endpoints.find(workspaceId, idOrName);
  if (found) return found;
  throw new SmartantError('ENDPOINT_NOT_FOUND', `There is no endpoint "${idOrName}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the endpoints to see their names.',
  });
}

/** The endpoint as its migrator needs it. Raises FILE_ROOT_UNKNOWN. */
export async function resolveEndpoint(
  stores: Stores,
  endpoint: Pick<Endpoint, 'id' | 'workspaceId' | 'location'>,
): Promise<ResolvedEndpoint> {
  const { id, workspaceId, location } = endpoint;
  if (location.kind !== 'file' && location.kind !== 'image') return { id, workspaceId, location };
  const root = await stores.fileRoots.find(location.root);
  if (root && location.kind === 'file') return { id, workspaceId, location: { kind: 'file', rootPath: root.path, path: location.path } };
  if (root && location.kind === 'image') {
    const { path, format } = location;
    return { id, workspaceId, location: { kind: 'image', rootPath: root.path, path, format } };
  }
  throw new SmartantError('FILE_ROOT_UNKNOWN', `There is no file root "${location.root}".`, {
    kind: 'invalid',
    hint: 'Ask an administrator to register the directory as a file root, or use a registered one.',
    fields: [{ field: 'location.root', message: 'is not a registered file root' }],
  });
}
