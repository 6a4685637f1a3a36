import { newId, type Clock } from '@smartant/kernel';
import type { EndpointLocation } from '../../domain/endpoint/endpoint';
import type { AppliedFix } from '../../domain/migration/migration';
import { scopeOf } from '../../domain/migration/migration-spec';
import { publicView, type MigrationView } from '../../domain/migration/migration-view';
import { assertSpecValid } from '../../domain/migration/spec-rules';
import { createMigration } from '../../domain/migration/transitions';
import { assertMayWrite } from '../access';
import { createdDetail, migrationTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import type { EndpointAdmission } from '../endpoints/admit-endpoint';
import { withProbe } from '../endpoints/probe-window';
import { resolveEndpoint } from '../endpoints/resolve-endpoint';
import type { AuditDetail } from '../ports/audit';
import type { EffectObserver } from '../ports/effect-observer';
import type { Migrators } from '../ports/migrator';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import { requestFingerprint } from '../request-fingerprint';
import { assertQuota } from '../tenancy/assert-quota';
import type { Caller, MigrationInput, PrecheckResult, RequestId, WantedFixes } from '../use-cases';
import { runFixes } from './apply-fixes';
import { admitSides, assertUnmoved, type Side } from './migration-endpoints';
import { requireMigration } from './require-migration';

export interface CreateMigrationOptions extends EndpointAdmission {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  clock: Clock;
  observer: EffectObserver;
}

/** Creates migrations, or tells what a precheck of one would say. */
export class CreateMigration {
  constructor(private readonly options: CreateMigrationOptions) {}

  /** Idempotent by request id: checked before anything else, and again against a request that runs at the same time. */
  async create(caller: Caller, input: MigrationInput, requestId: RequestId): Promise<MigrationView> {
    assertMayWrite(caller);
    const { unitOfWork, vault, clock, observer } = this.options;
    const { workspaceId } = caller;
    const id = newId('mig');
    const fingerprint = requestFingerprint(vault, workspaceId, input);
    const request = requestId === undefined ? null : { workspaceId, scope: 'migration.create', requestId, fingerprint, resourceId: id };
    const earlier = request && (await unitOfWork.direct.requests.recall(request));
    if (earlier) return publicView(await requireMigration(unitOfWork.direct, workspaceId, earlier));
    const { source, target } = await this.admit(caller, input, id);
    const { migration, changes } = createMigration(
      {
        id,
        workspaceId,
        name: input.name ?? `${shortName(source.endpoint.location)} to ${shortName(target.endpoint.location)}`.slice(0, 120),
        spec: { ...input.spec, sourceEndpointId: source.endpoint.id, targetEndpointId: target.endpoint.id },
        createdBy: caller.userId,
        traceContext: observer.traceContext(),
      },
      { nowMs: clock.nowMs(), newRunId: () => newId('run') },
    );
    const earlierAfterAll = await unitOfWork.transaction(async (stores) => {
      const other = request && (await stores.requests.remember(request));
      if (other) return requireMigration(stores, workspaceId, other);
      await assertQuota(stores, workspaceId, 'migrations');
      await assertUnmoved(stores, [source, target]);
      await keepInline(stores, [source, target]);
      await stores.migrations.insert(migration);
      await stores.events.append(migration, changes);
      const after = createdDetail(migration, source.endpoint, target.endpoint);
      await stores.audit.append(caller, doneFact('migration.create', workspaceId, migrationTarget(migration), { after }));
      return null;
    });
    if (earlierAfterAll === null) observer.changed(migration, migration, changes);
    return publicView(earlierAfterAll ?? migration);
  }

  /** A precheck alone. Inline secrets live, sealed, for the time of the call. */
  async validate(caller: Caller, input: MigrationInput): Promise<PrecheckResult> {
    const { unitOfWork, migrators } = this.options;
    const { source, target } = await this.admit(caller, input, newId('mig'));
    const [from, to] = await Promise.all([source, target].map((side) => resolveEndpoint(unitOfWork.direct, side.endpoint)));
    const endpoints = [source, target].map(({ endpoint, sealed }) => ({ id: endpoint.id, sealed }));
    const migrator = migrators.of(input.spec.kind);
    const outcome = await withProbe(unitOfWork, caller.workspaceId, input.spec.kind, endpoints, (access) =>
      migrator.precheck(from!, to!, scopeOf(input.spec), access, AbortSignal.timeout(150_000)),
    );
    const { summary: _summary, ...result } = outcome;
    return result;
  }

  /** Runs fixes of what a precheck finds, before there is a migration: on the record of the target's endpoint. */
  async fix(caller: Caller, input: MigrationInput, wanted: WantedFixes): Promise<AppliedFix[]> {
    const { source, target } = await this.admit(caller, input, newId('mig'));
    const { id, name } = target.endpoint;
    const about = { source: source.endpoint.id };
    const factOf = (after: AuditDetail) =>
      doneFact('endpoint.apply-fixes', caller.workspaceId, { kind: 'endpoint', id, name }, { after: { ...after, ...about } });
    return runFixes(this.options, { caller, spec: input.spec, ends: [source, target], wanted, factOf });
  }

  private async admit(caller: Caller, input: MigrationInput, id: string): Promise<{ source: Side; target: Side }> {
    assertMayWrite(caller);
    assertSpecValid(input.name, input.spec);
    const { unitOfWork, clock, migrators } = this.options;
    // Refused before anything is kept, not when the driver first needs it.
    migrators.of(input.spec.kind);
    const now = new Date(clock.nowMs()).toISOString();
    return admitSides(unitOfWork.direct, caller, input, { id, now }, this.options);
  }
}

async function keepInline(stores: Stores, sides: Side[]): Promise<void> {
  for (const { endpoint, sealed, certificate } of sides) {
    if (sealed === null) continue;
    await stores.endpoints.insert(endpoint, sealed);
    if (certificate) await stores.endpoints.keepCertificateLife(endpoint.id, certificate);
  }
}

function shortName(location: EndpointLocation): string {
  if (location.kind === 'postgres') return location.database;
  if (location.kind === 'ssh') return location.host;
  if (location.kind === 'file' || location.kind === 'image')
    return location.path === '' ? location.root : `${location.root}/${location.path}`;
  return location.prefix === '' ? location.bucket : `${location.bucket}/${location.prefix}`;
}
