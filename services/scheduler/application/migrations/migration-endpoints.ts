import { isDeepStrictEqual } from 'node:util';
import { newId, SmartantError } from '@smartant/kernel';
import { certificateLife } from '../../domain/endpoint/certificate-life';
import type { Endpoint } from '../../domain/endpoint/endpoint';
import { assertKindFits } from '../../domain/endpoint/endpoint-kind';
import { assertDisjoint, assertReadable, assertWritable } from '../../domain/endpoint/endpoint-overlap';
import { admitEndpoint, type EndpointAdmission } from '../endpoints/admit-endpoint';
import { requireEndpoint } from '../endpoints/resolve-endpoint';
import { secretLost } from '../endpoints/secret-lost';
import type { Stores } from '../ports/unit-of-work';
import type { Caller, EndpointRef, MigrationInput } from '../use-cases';

/** One side of a migration. `sealed` is set for an endpoint that was given inline and has still to be stored. */
export interface Side {
  endpoint: Endpoint;
  sealed: string | null;
  /** Of the client certificate in it. */
  certificate?: ReturnType<typeof certificateLife>;
}

/**
 * Both endpoints of a new migration, checked. Raises ENDPOINT_NOT_FOUND, ENDPOINT_SECRET_LOST, ENDPOINT_INVALID, FILE_ROOT_UNKNOWN,
 * EGRESS_FORBIDDEN, MIGRATION_KIND_MISMATCH, MIGRATION_SOURCE_IS_IMAGE, MIGRATION_TARGET_READ_ONLY, MIGRATION_SOURCE_IS_TARGET, MIGRATION_OVERLAP; fields begin with the side.
 */
export async function admitSides(
  stores: Stores,
  caller: Caller,
  input: MigrationInput,
  owner: { id: string; now: string },
  admission: EndpointAdmission,
): Promise<{ source: Side; target: Side }> {
  const admit = (side: 'source' | 'target') => onSide(side, () => admitSide(stores, caller, input[side], { ...owner, side }, admission));
  const source = await admit('source');
  const target = await admit('target');
  assertKindFits(input.spec.kind, { source: source.endpoint.location, target: target.endpoint.location });
  assertReadable(source.endpoint.location);
  assertWritable(target.endpoint.location);
  assertDisjoint(source.endpoint.location, target.endpoint.location);
  return { source, target };
}

/**
 * Holds the saved endpoints until the transaction ends. Raises ENDPOINT_CHANGED when one was moved or deleted since it was checked: the
 * migration would run somewhere else.
 */
export async function assertUnmoved(stores: Stores, sides: readonly Side[]): Promise<void> {
  const saved = sides.flatMap(({ endpoint, sealed }) => (sealed === null ? [endpoint] : []));
  // In one order for all, so that two creations never wait for each other.
  for (const { id, name, workspaceId, location } of saved.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const now = await stores.endpoints.lock(workspaceId, id);
    if (now && isDeepStrictEqual(now.location, location)) continue;
    throw new SmartantError('ENDPOINT_CHANGED', `Endpoint "${name}" was changed at this moment.`, {
      kind: 'conflict',
      retry: { kind: 'backoff' },
      hint: 'Look at the endpoint, and create the migration again.',
    });
  }
}

async function admitSide(
  stores: Stores,
  caller: Caller,
  ref: EndpointRef,
  owner: { id: string; now: string; side: string },
  admission: EndpointAdmission,
): Promise<Side> {
  if ('endpoint' in ref) {
    const saved = await requireEndpoint(stores, caller.workspaceId, ref.endpoint);
    if (saved.needsSecret) throw secretLost();
    return { endpoint: saved, sealed: null };
  }
  const endpoint: Endpoint = {
    id: newId('ep'),
    workspaceId: caller.workspaceId,
    name: `${owner.id}.${owner.side}`,
    location: ref.location,
    ownedByMigrationId: owner.id,
    createdAt: owner.now,
    updatedAt: owner.now,
  };
  return { endpoint, sealed: await admitEndpoint(stores, endpoint, ref.secret, admission), certificate: certificateLife(ref.secret) };
}

/** Says in each field of an error on which side it lies. */
async function onSide<T>(side: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SmartantError)) throw error;
    const { code, message, kind, retry, actor, hint, details } = error;
    const known = kind === 'not-found' ? [{ field: 'endpoint', message }] : error.fields;
    const fields = known.map((wrong) => ({ field: `${side}.${wrong.field}`, message: wrong.message }));
    throw new SmartantError(code, message, { kind, retry, actor, hint, details, fields, cause: error });
  }
}
