import { isDeepStrictEqual } from 'node:util';
import { SmartantError } from '@smartant/kernel';
import type { Api, CreateMigration, EndpointRef, Migration } from '../api/api';

/** What a manifest would do to the migration of its name. */
export type Change = 'new' | 'none' | 'limits';

/**
 * Compares a manifest with the migration that exists. Fields that the manifest leaves out are as they are. Only limits
 * may change; for everything else a migration would have to begin again. Raises CLI_MANIFEST_IMMUTABLE.
 */
export async function changedFields(api: Api, current: Migration, wanted: CreateMigration): Promise<Change> {
  const fields = [
    ...((await sameEndpoint(api, current.spec.sourceEndpointId, wanted.source)) ? [] : ['spec.source']),
    ...((await sameEndpoint(api, current.spec.targetEndpointId, wanted.target)) ? [] : ['spec.target']),
    ...scopeChanges(current.spec, wanted.spec),
    // A cutover action may have declared the source frozen since.
    ...(current.cutoverRequested ? [] : differing('spec.cutover', current.spec.cutover, wanted.spec.cutover ?? {})),
    ...differing('spec', current.spec, { priority: wanted.spec.priority }),
  ];
  if (fields.length > 0) {
    throw new SmartantError('CLI_MANIFEST_IMMUTABLE', `Migration ${current.name} (${current.id}) exists and differs from the manifest.`, {
      kind: 'precondition',
      fields: fields.map((field) => ({ field, message: 'cannot change any more' })),
      hint: 'Only limits can change. Give the manifest another name, or cancel and remove that migration first.',
    });
  }
  return differing('limits', current.spec.limits, wanted.spec.limits ?? {}).length > 0 ? 'limits' : 'none';
}

function scopeChanges(current: Migration['spec'], wanted: CreateMigration['spec']): string[] {
  if (current.kind === 'database' && wanted.kind === 'database') return differing('spec.database', current.database, wanted.database ?? {});
  if (current.kind === 'host' && wanted.kind === 'host') return hostChanges(current, wanted);
  if (current.kind !== 'storage' || wanted.kind !== 'storage') return ['spec.kind'];
  const { incrementalIntervalSeconds } = wanted;
  return [
    ...differing('spec.storage', current.storage, wanted.storage ?? {}),
    ...differing('spec', current, { incrementalIntervalSeconds }),
  ];
}

function hostChanges(
  current: Extract<Migration['spec'], { kind: 'host' }>,
  { host = {}, incrementalIntervalSeconds }: Extract<CreateMigration['spec'], { kind: 'host' }>,
): string[] {
  // What a list leaves out of its entries, the server has filled in.
  const { probes, actions, network, ...scope } = host;
  const lists = Object.entries({ probes, actions, network }).flatMap(([name, wanted]) => {
    const now = current.host[name as 'probes'] as object[];
    const same =
      wanted === undefined || (wanted.length === now.length && wanted.every((each, at) => differing('', now[at] ?? {}, each).length === 0));
    return same ? [] : [`spec.host.${name}`];
  });
  return [...differing('spec.host', current.host, scope), ...lists, ...differing('spec', current, { incrementalIntervalSeconds })];
}

function differing(path: string, current: object, wanted: object): string[] {
  const now = current as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([field, value]) => value !== undefined && !isDeepStrictEqual(now[field], value))
    .map(([field]) => `${path}.${field}`);
}

/** By id or name for a saved endpoint; by place for one given inline, whose secret may have been renewed. */
async function sameEndpoint(api: Api, currentId: string, wanted: EndpointRef): Promise<boolean> {
  const current = await api.endpoint(currentId);
  if ('endpoint' in wanted) return wanted.endpoint === current.id || wanted.endpoint === current.name;
  return differing('', current.location, wanted.location).length === 0;
}
