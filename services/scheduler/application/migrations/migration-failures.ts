import { newId, SmartantError, type Clock } from '@smartant/kernel';
import type { Migration } from '../../domain/migration/migration';
import { applyFailuresRetried } from '../../domain/migration/transitions';
import { assertMayWrite } from '../access';
import { failuresDetail, migrationTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import { pageSizeOf } from '../paging';
import type { Migrator, Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Failure, Page, PageRequest } from '../use-cases';
import { requireMigration } from './require-migration';

const LIST_PAGE_SIZE = 1_000;

export interface MigrationFailuresOptions {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  clock: Clock;
}

/** The quarantined units of a migration, kept by its migrator; waivers are on the scheduler's record. */
export class MigrationFailures {
  constructor(private readonly options: MigrationFailuresOptions) {}

  async list(caller: Caller, id: string, page: PageRequest): Promise<Page<Failure>> {
    const { spec } = await requireMigration(this.options.unitOfWork.reads, caller.workspaceId, id);
    return this.options.migrators.of(spec.kind).listFailures(id, { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' });
  }

  /** No ids: all that are open now. Gives the number resolved. Raises FAILURE_REASON_MISSING for a waiver without a reason. */
  async resolve(
    caller: Caller,
    id: string,
    input: { failureIds: string[]; resolution: 'retry' | 'waive'; reason: string },
  ): Promise<number> {
    assertMayWrite(caller);
    const { unitOfWork, migrators } = this.options;
    const { resolution, reason } = input;
    if (resolution === 'waive' && reason.trim() === '') throw reasonMissing();
    const { spec } = await requireMigration(unitOfWork.direct, caller.workspaceId, id);
    const migrator = migrators.of(spec.kind);
    const failures = (await allFailures(migrator, id)).filter((failure) => isMeant(failure, input.failureIds));
    if (failures.length === 0) return 0;
    const failureIds = failures.map((failure) => failure.id);
    const tell = () => migrator.resolveFailures(id, { failureIds, resolution, actor: caller.userId, reason });
    // A waiver is on the record before it counts: a crash in between leaves one without effect, never one that the report does not name.
    if (resolution === 'waive') await this.record(caller, id, failures, input);
    const resolved = await tell();
    if (resolution === 'retry') await this.record(caller, id, failures, input);
    return resolved;
  }

  /** Units that are about to be moved again are in quarantine no longer. Raises FAILURE_WAIVED for one that somebody has waived on the record. */
  async retryUnits(caller: Caller, { id, spec }: Pick<Migration, 'id' | 'spec'>, units: string[]): Promise<void> {
    const migrator = this.options.migrators.of(spec.kind);
    const failures = (await allFailures(migrator, id)).filter(({ unit }) => units.includes(unit));
    const waived = failures.find(({ state }) => state === 'waived');
    if (waived) throw failureWaived(waived.unit);
    const failureIds = failures.filter(({ state }) => state === 'open').map((failure) => failure.id);
    if (failureIds.length === 0) return;
    await migrator.resolveFailures(id, { failureIds, resolution: 'retry', actor: caller.userId, reason: '' });
  }

  private async record(caller: Caller, id: string, failures: Failure[], input: { resolution: string; reason: string }): Promise<void> {
    const { unitOfWork, clock } = this.options;
    await unitOfWork.transaction(async (stores) => {
      const migration = await requireMigration(stores, caller.workspaceId, id, 'lock');
      const action = input.resolution === 'waive' ? 'migration.waive-failures' : 'migration.retry-failures';
      const after = failuresDetail(failures, input.reason);
      await stores.audit.append(caller, doneFact(action, caller.workspaceId, migrationTarget(migration), { after }));
      if (input.resolution === 'waive') {
        const at = new Date(clock.nowMs()).toISOString();
        await stores.waivers.insert(
          failures.map((failure) => ({
            migrationId: id,
            failureId: failure.id,
            unit: failure.unit,
            reason: input.reason,
            actor: caller.userId,
            at,
          })),
        );
        return;
      }
      const { migration: next, changes } = applyFailuresRetried(migration, { nowMs: clock.nowMs(), newRunId: () => newId('run') });
      if (changes.length === 0) return;
      await stores.migrations.update(next);
      await stores.events.append(next, changes);
    });
  }
}

function failureWaived(unit: string): SmartantError {
  return new SmartantError('FAILURE_WAIVED', `"${unit}" was waived on the record: it is left out of the migration.`, {
    kind: 'precondition',
    hint: 'Retry that failure by its id if it is to be moved after all.',
    details: { unit },
  });
}

function isMeant(failure: Failure, failureIds: string[]): boolean {
  return failureIds.length > 0 ? failureIds.includes(failure.id) : failure.state === 'open';
}

function reasonMissing(): SmartantError {
  return new SmartantError('FAILURE_REASON_MISSING', 'A waiver needs a reason: it stands in the report.', {
    kind: 'invalid',
    hint: 'Say why this object or table may differ or be missing.',
    fields: [{ field: 'reason', message: 'is empty' }],
  });
}

/** Every failure of a migration; their number is bounded by the quarantine's cap. */
export async function allFailures(migrator: Migrator, migrationId: string): Promise<Failure[]> {
  const failures: Failure[] = [];
  let pageToken: string | null = '';
  while (pageToken !== null) {
    const page: Page<Failure> = await migrator.listFailures(migrationId, { pageSize: LIST_PAGE_SIZE, pageToken });
    failures.push(...page.items);
    pageToken = page.nextPageToken;
  }
  return failures;
}
