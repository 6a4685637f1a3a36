import { newId, SmartantError } from '@smartant/kernel';
import type { Check, CheckKind } from '../../domain/migration/check';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import { assertMayWrite } from '../access';
import { migrationTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Vault } from '../ports/vault';
import { requestFingerprint } from '../request-fingerprint';
import type { Caller, RequestId } from '../use-cases';
import { requireMigration } from './require-migration';

export interface MigrationChecksOptions {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  vault: Vault;
}

/** Comparisons, repairs and previews of live databases, kept by their migrator. */
export class MigrationChecks {
  constructor(private readonly options: MigrationChecksOptions) {}

  /** Newest first. */
  async list(caller: Caller, id: string): Promise<Check[]> {
    const { spec } = await requireMigration(this.options.unitOfWork.reads, caller.workspaceId, id);
    return spec.kind === 'database' ? this.options.migrators.of(spec.kind).listChecks(id) : [];
  }

  /** Idempotent by request id. Raises MIGRATION_CHECK_NOT_ALLOWED where no changes are streamed to the target. */
  async ask(caller: Caller, id: string, input: { kind: CheckKind; tables: string[] }, requestId: RequestId): Promise<Check> {
    assertMayWrite(caller);
    const { unitOfWork, migrators, vault } = this.options;
    const { workspaceId } = caller;
    const asked = newId('chk');
    const fingerprint = requestFingerprint(vault, workspaceId, input);
    const { kind, checkId } = await unitOfWork.transaction(async (stores) => {
      const migration = await requireMigration(stores, workspaceId, id, 'lock');
      assertStreams(migration);
      const request = { workspaceId, scope: `migration.check/${id}`, requestId: requestId ?? asked, fingerprint, resourceId: asked };
      const earlier = await stores.requests.remember(request);
      const after = { checkId: asked, tables: input.tables };
      if (earlier === null) {
        await stores.audit.append(caller, doneFact(`migration.${input.kind}`, workspaceId, migrationTarget(migration), { after }));
      }
      return { kind: migration.spec.kind, checkId: earlier ?? asked };
    });
    return migrators.of(kind).askCheck({ id: checkId, migrationId: id, ...input });
  }
}

function assertStreams({ spec, phase, status }: DrivenMigration): void {
  if (spec.kind === 'database' && phase === 'incremental' && status === 'running') return;
  throw new SmartantError('MIGRATION_CHECK_NOT_ALLOWED', `Rows cannot be compared beside it in ${phase}/${status}.`, {
    kind: 'precondition',
    hint:
      status === 'paused' || (phase === 'cutover' && status === 'failed')
        ? 'Resume it, so that changes are streamed again: both sides can only be compared where they are at one position.'
        : 'A database is compared, repaired and previewed while its changes are streamed: phase incremental, not paused. A cutover compares by itself.',
    details: { phase, status },
  });
}
