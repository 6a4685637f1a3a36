import { SmartantError } from '@smartant/kernel';
import { isAtRest, type DrivenMigration } from '../../domain/migration/driven-migration';
import type { AppliedFix } from '../../domain/migration/migration';
import { scopeOf } from '../../domain/migration/migration-spec';
import { assertMayWrite } from '../access';
import { migrationTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import { withProbe } from '../endpoints/probe-window';
import { requireEndpoint, resolveEndpoint } from '../endpoints/resolve-endpoint';
import type { AuditDetail } from '../ports/audit';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, WantedFixes } from '../use-cases';
import { requireMigration } from './require-migration';

const CALL_MS = 160_000;

/** Runs what sets findings of a precheck right. Which statements those are is the migrator's word alone: nobody hands SQL in. */
export class ApplyFixes {
  constructor(private readonly options: { unitOfWork: UnitOfWork; migrators: Migrators }) {}

  /** On the record before, so that a crash leaves none that was run and is not told of; and after, with what became of each. */
  async apply(caller: Caller, id: string, wanted: WantedFixes): Promise<{ applied: AppliedFix[]; before: DrivenMigration }> {
    assertMayWrite(caller);
    const { unitOfWork, migrators } = this.options;
    const before = await requireMigration(unitOfWork.direct, caller.workspaceId, id);
    if (isAtRest(before) || before.status === 'cancelled') throw isOver(before);
    const { spec, workspaceId } = before;
    const ends = [spec.sourceEndpointId, spec.targetEndpointId];
    const [source, target] = await Promise.all(
      ends.map(async (end) => resolveEndpoint(unitOfWork.direct, await requireEndpoint(unitOfWork.direct, workspaceId, end))),
    );
    await this.record(caller, before, { asked: { ...wanted } });
    const endpoints = ends.map((end) => ({ id: end, sealed: null }));
    const applied = await withProbe(unitOfWork, workspaceId, spec.kind, endpoints, (access) =>
      migrators.of(spec.kind).applyFixes(source!, target!, scopeOf(spec), access, wanted, AbortSignal.timeout(CALL_MS)),
    );
    await this.record(caller, before, {
      applied: applied.map(({ code, subject, statements, error }) => ({ code, subject, statements, error: error?.code ?? null })),
    });
    return { applied, before };
  }

  private record(caller: Caller, migration: DrivenMigration, after: AuditDetail): Promise<void> {
    const fact = doneFact('migration.apply-fixes', migration.workspaceId, migrationTarget(migration), { after });
    return this.options.unitOfWork.transaction((stores) => stores.audit.append(caller, fact));
  }
}

function isOver({ phase, status }: DrivenMigration): SmartantError {
  return new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', `Fixes are not applied in ${phase}/${status}.`, {
    kind: 'precondition',
    hint: 'The migration is over. Begin another one.',
    details: { phase, status },
  });
}
