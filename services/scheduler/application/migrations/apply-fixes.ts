import { SmartantError } from '@smartant/kernel';
import { isAtRest, type DrivenMigration } from '../../domain/migration/driven-migration';
import type { AppliedFix } from '../../domain/migration/migration';
import { scopeOf, type MigrationScope } from '../../domain/migration/migration-spec';
import { assertMayWrite } from '../access';
import { migrationTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import { withProbe } from '../endpoints/probe-window';
import { requireEndpoint, resolveEndpoint } from '../endpoints/resolve-endpoint';
import type { AuditDetail, AuditFact } from '../ports/audit';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, WantedFixes } from '../use-cases';
import type { Side } from './migration-endpoints';
import { requireMigration } from './require-migration';

const CALL_MS = 160_000;

interface FixTools {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
}

interface FixRun {
  caller: Caller;
  spec: MigrationScope;
  /** Source and target. */
  ends: Pick<Side, 'endpoint' | 'sealed'>[];
  wanted: WantedFixes;
  factOf: (after: AuditDetail) => AuditFact;
}

/** On the record before, so that a crash leaves none that was run and is not told of; and after, with what became of each. */
export async function runFixes({ unitOfWork, migrators }: FixTools, { caller, spec, ends, wanted, factOf }: FixRun): Promise<AppliedFix[]> {
  const record = (after: AuditDetail) => unitOfWork.transaction((stores) => stores.audit.append(caller, factOf(after)));
  const [source, target] = await Promise.all(ends.map(({ endpoint }) => resolveEndpoint(unitOfWork.direct, endpoint)));
  await record({ asked: { ...wanted } });
  const endpoints = ends.map(({ endpoint, sealed }) => ({ id: endpoint.id, sealed }));
  const applied = await withProbe(unitOfWork, caller.workspaceId, spec.kind, endpoints, (access) =>
    migrators.of(spec.kind).applyFixes(source!, target!, scopeOf(spec), access, wanted, AbortSignal.timeout(CALL_MS)),
  );
  await record({
    applied: applied.map(({ code, subject, statements, error }) => ({ code, subject, statements, error: error?.code ?? null })),
  });
  return applied;
}

/** Runs what sets findings of a migration's precheck right. Which statements those are is the migrator's word alone: nobody hands SQL in. */
export class ApplyFixes {
  constructor(private readonly options: FixTools) {}

  async apply(caller: Caller, id: string, wanted: WantedFixes): Promise<{ applied: AppliedFix[]; before: DrivenMigration }> {
    assertMayWrite(caller);
    const { direct } = this.options.unitOfWork;
    const before = await requireMigration(direct, caller.workspaceId, id);
    if (isAtRest(before) || before.status === 'cancelled') throw isOver(before);
    const { spec, workspaceId } = before;
    const endpoints = await Promise.all(
      [spec.sourceEndpointId, spec.targetEndpointId].map((end) => requireEndpoint(direct, workspaceId, end)),
    );
    const ends = endpoints.map((endpoint) => ({ endpoint, sealed: null }));
    const factOf = (after: AuditDetail) => doneFact('migration.apply-fixes', workspaceId, migrationTarget(before), { after });
    return { applied: await runFixes(this.options, { caller, spec, ends, wanted, factOf }), before };
  }
}

function isOver({ phase, status }: DrivenMigration): SmartantError {
  return new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', `Fixes are not applied in ${phase}/${status}.`, {
    kind: 'precondition',
    hint: 'The migration is over. Begin another one.',
    details: { phase, status },
  });
}
