import { SmartantError, type Clock } from '@smartant/kernel';
import { certificateLife } from '../../domain/endpoint/certificate-life';
import type { Endpoint, EndpointLocation } from '../../domain/endpoint/endpoint';
import { assertLocationMayChange } from '../../domain/endpoint/endpoint-change';
import { assertMayWrite } from '../access';
import type { AuditFact } from '../ports/audit';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { Caller, EndpointChange } from '../use-cases';
import { admitLocation, sealSecret, type EndpointAdmission } from './admit-endpoint';
import { requireEndpoint } from './resolve-endpoint';

export interface UpdateEndpointOptions extends EndpointAdmission {
  unitOfWork: UnitOfWork;
  clock: Clock;
}

/**
 * Replaces the secret of an endpoint, and its location where nothing uses that. A running migration has the new secret when it asks the
 * next time: within minutes, or at once where the store refuses the old one.
 */
export class UpdateEndpoint {
  constructor(private readonly options: UpdateEndpointOptions) {}

  async update(caller: Caller, idOrName: string, change: EndpointChange): Promise<Endpoint> {
    assertMayWrite(caller);
    const { unitOfWork, vault, clock } = this.options;
    const known = await requireEndpoint(unitOfWork.direct, caller.workspaceId, idOrName);
    const wanted = { ...known, location: change.location ?? known.location };
    await admitLocation(unitOfWork.direct, wanted, change.secret, this.options);
    const sealed = change.secret ? await sealSecret(vault, wanted, change.secret) : null;
    return unitOfWork.transaction(async (stores) => {
      const before = await stores.endpoints.lock(caller.workspaceId, known.id);
      if (!before) throw gone(idOrName);
      if (change.location) await assertMayMove(stores, before, { ...change, location: change.location });
      const location = change.location ?? before.location;
      const after = { ...before, location, updatedAt: new Date(clock.nowMs()).toISOString(), ...(sealed ? { needsSecret: false } : {}) };
      await stores.endpoints.update(after, sealed);
      if (change.secret) await stores.endpoints.keepCertificateLife(after.id, certificateLife(change.secret));
      await stores.audit.append(caller, updateFact(before, after, sealed !== null));
      return after;
    });
  }
}

/** Raises ENDPOINT_IN_USE: a migration that can still act would go on somewhere else than it was checked for. */
async function assertMayMove(stores: Stores, before: Endpoint, { location, secret }: EndpointChange & { location: EndpointLocation }) {
  if (!assertLocationMayChange(before.location, location, secret !== undefined)) return;
  const user = before.ownedByMigrationId ?? (await stores.migrations.activeUserOf(before.id));
  if (user === null) return;
  throw new SmartantError('ENDPOINT_IN_USE', `Migration ${user} uses endpoint "${before.name}"; only its secret can be replaced.`, {
    kind: 'precondition',
    hint: 'Leave the location out, or wait until the migration is done, or cancel or delete it first.',
    details: { migrationId: user },
  });
}

function updateFact(before: Endpoint, after: Endpoint, secretReplaced: boolean): AuditFact {
  const { id, name, workspaceId } = after;
  return {
    action: 'endpoint.update',
    workspaceId,
    target: { kind: 'endpoint', id, name },
    before: { location: before.location },
    after: { location: after.location, secretReplaced },
    outcome: 'done',
    code: null,
  };
}

function gone(idOrName: string): SmartantError {
  return new SmartantError('ENDPOINT_NOT_FOUND', `There is no endpoint "${idOrName}" in this workspace.`, {
    kind: 'not-found',
    hint: 'List the endpoints to see their names.',
  });
}
