import { newId, SmartantError, type Clock } from '@smartant/kernel';
import { certificateLife } from '../../domain/endpoint/certificate-life';
import type { Endpoint } from '../../domain/endpoint/endpoint';
import { kindOfLocation } from '../../domain/endpoint/endpoint-kind';
import { assertMayWrite } from '../access';
import { endpointDetail, endpointTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { Access, Migrator, Migrators, ResolvedEndpoint } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import { requestFingerprint } from '../request-fingerprint';
import { assertQuota } from '../tenancy/assert-quota';
import type { Caller, EndpointChange, EndpointInput, EndpointUseCases, PageRequest, RequestId } from '../use-cases';
import { admitEndpoint, type EndpointAdmission } from './admit-endpoint';
import { withProbe } from './probe-window';
import { requireEndpoint, resolveEndpoint } from './resolve-endpoint';
import { UpdateEndpoint } from './update-endpoint';

export interface EndpointServiceOptions extends EndpointAdmission {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  clock: Clock;
}

export class EndpointService implements EndpointUseCases {
  constructor(private readonly options: EndpointServiceOptions) {}

  async create(caller: Caller, input: EndpointInput, requestId: RequestId): Promise<Endpoint> {
    assertMayWrite(caller);
    const { unitOfWork, vault, clock } = this.options;
    const now = new Date(clock.nowMs()).toISOString();
    const { workspaceId } = caller;
    const { name, location, secret } = input;
    const endpoint: Endpoint = { id: newId('ep'), workspaceId, name, location, ownedByMigrationId: null, createdAt: now, updatedAt: now };
    const sealed = await admitEndpoint(unitOfWork.direct, endpoint, secret, this.options);
    const fingerprint = requestFingerprint(vault, workspaceId, input);
    return unitOfWork.transaction(async (stores) => {
      if (requestId !== undefined) {
        const request = { workspaceId, scope: 'endpoint.create', requestId, fingerprint, resourceId: endpoint.id };
        const earlier = await stores.requests.remember(request);
        if (earlier !== null) return requireEndpoint(stores, workspaceId, earlier);
      }
      await assertQuota(stores, workspaceId, 'endpoints');
      await stores.endpoints.insert(endpoint, sealed);
      await stores.endpoints.keepCertificateLife(endpoint.id, certificateLife(secret));
      await stores.audit.append(
        caller,
        doneFact('endpoint.create', workspaceId, endpointTarget(endpoint), { after: endpointDetail(endpoint) }),
      );
      return endpoint;
    });
  }

  async list(caller: Caller, page: PageRequest) {
    const size = pageSizeOf(page);
    return toPage(await this.options.unitOfWork.reads.endpoints.page(caller.workspaceId, positionOf(page), size + 1), size);
  }

  get(caller: Caller, idOrName: string): Promise<Endpoint> {
    return requireEndpoint(this.options.unitOfWork.reads, caller.workspaceId, idOrName);
  }

  update(caller: Caller, idOrName: string, change: EndpointChange): Promise<Endpoint> {
    return new UpdateEndpoint(this.options).update(caller, idOrName, change);
  }

  async remove(caller: Caller, idOrName: string): Promise<void> {
    assertMayWrite(caller);
    await this.options.unitOfWork.transaction(async (stores) => {
      const endpoint = await requireEndpoint(stores, caller.workspaceId, idOrName);
      const user = endpoint.ownedByMigrationId ?? (await stores.migrations.activeUserOf(endpoint.id));
      if (user !== null) {
        throw new SmartantError('ENDPOINT_IN_USE', `Migration ${user} uses endpoint "${endpoint.name}".`, {
          kind: 'precondition',
          hint: 'Wait until the migration is done, or cancel or delete it first.',
          details: { migrationId: user },
        });
      }
      await stores.endpoints.remove(endpoint.id);
      const fact = doneFact('endpoint.remove', caller.workspaceId, endpointTarget(endpoint), { before: endpointDetail(endpoint) });
      await stores.audit.append(caller, fact);
    });
  }

  test(caller: Caller, idOrName: string) {
    return this.probing(caller, idOrName, (migrator, endpoint, access) => migrator.probe(endpoint, access));
  }

  discover(caller: Caller, idOrName: string, path: string, page: PageRequest) {
    const pageSize = pageSizeOf(page);
    return this.probing(caller, idOrName, (migrator, endpoint, access) =>
      migrator.discover(endpoint, access, path, { pageSize, pageToken: page.pageToken ?? '' }),
    );
  }

  private async probing<T>(
    caller: Caller,
    idOrName: string,
    call: (migrator: Migrator, endpoint: ResolvedEndpoint, access: Access) => Promise<T>,
  ): Promise<T> {
    assertMayWrite(caller);
    const { unitOfWork, migrators } = this.options;
    const endpoint = await requireEndpoint(unitOfWork.direct, caller.workspaceId, idOrName);
    const resolved = await resolveEndpoint(unitOfWork.direct, endpoint);
    const kind = kindOfLocation(endpoint.location);
    const migrator = migrators.of(kind);
    return withProbe(unitOfWork, caller.workspaceId, kind, [{ id: endpoint.id, sealed: null }], (access) =>
      call(migrator, resolved, access),
    );
  }
}
