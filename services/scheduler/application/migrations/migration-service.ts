import type { CheckKind } from '../../domain/migration/check';
import type { DsseEnvelope } from '@smartant/proof';
import { newId, SmartantError, type Clock } from '@smartant/kernel';
import { applyAction } from '../../domain/migration/actions';
import type { DrivenMigration, Transition, TransitionContext } from '../../domain/migration/driven-migration';
import type { KubernetesList } from '../../domain/migration/kubevirt-manifests';
import type { KubevirtWishes } from '../../domain/migration/kubevirt-wishes';
import type { Limits } from '../../domain/migration/migration-spec';
import type { AppliedFix } from '../../domain/migration/migration';
import { publicView, type MigrationView } from '../../domain/migration/migration-view';
import type { Action } from '../../domain/migration/phase';
import { assertLimitsValid } from '../../domain/migration/spec-rules';
import { changedTables, type TableChange } from '../../domain/migration/change-tables';
import { applyLimits, applyTables, requestRemoval } from '../../domain/migration/transitions';
import { assertMayWrite } from '../access';
import { migrationTarget, ofLimits, standing } from '../audit/details';
import { doneFact } from '../audit/facts';
import type { AuditDetail } from '../ports/audit';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { ProgressFeed } from '../ports/progress-feed';
import type { Stores } from '../ports/unit-of-work';
import { requestFingerprint } from '../request-fingerprint';
import type {
  Caller,
  ImageUpload,
  MigrationInput,
  MigrationFilter,
  MigrationUseCases,
  Page,
  PageRequest,
  RequestId,
  WantedFixes,
  WatchUpdate,
} from '../use-cases';
import { ApplyFixes } from './apply-fixes';
import { CreateMigration, type CreateMigrationOptions } from './create-migration';
import { manifestsOf, uploadOf } from './machine-images';
import { MigrationChecks } from './migration-checks';
import { MigrationFailures } from './migration-failures';
import { listTranscript } from './migration-transcript';
import { requireMigration } from './require-migration';
import { watchMigration } from './watch-migration';

/** How long a removal is waited for before it goes on in the background. */
const REMOVAL_WAIT_MS = 10_000;

export interface MigrationServiceOptions extends CreateMigrationOptions {
  clock: Clock;
  progress: ProgressFeed;
  /** Makes this replica's driver look at once at what became due. */
  wakeDriver: (migrationId: string, version?: number) => void;
}

/** The use cases of migrations. What they change is stored first; the driver carries it out. */
export class MigrationService implements MigrationUseCases {
  private readonly creation: CreateMigration;
  private readonly quarantine: MigrationFailures;
  private readonly fixes: ApplyFixes;
  private readonly checking: MigrationChecks;

  constructor(private readonly options: MigrationServiceOptions) {
    this.creation = new CreateMigration(options);
    this.quarantine = new MigrationFailures(options);
    this.fixes = new ApplyFixes(options);
    this.checking = new MigrationChecks(options);
  }

  async create(caller: Caller, input: MigrationInput, requestId: RequestId): Promise<MigrationView> {
    const migration = await this.creation.create(caller, input, requestId);
    this.announce(migration.id, migration.version);
    return migration;
  }

  validate(caller: Caller, input: MigrationInput) {
    return this.creation.validate(caller, input);
  }

  fix(caller: Caller, input: MigrationInput, wanted: WantedFixes): Promise<AppliedFix[]> {
    return this.creation.fix(caller, input, wanted);
  }

  async list(caller: Caller, page: PageRequest & MigrationFilter): Promise<Page<MigrationView>> {
    const size = pageSizeOf(page);
    const found = await this.options.unitOfWork.reads.migrations.page(caller.workspaceId, positionOf(page), size + 1, page);
    return toPage(found.map(publicView), size);
  }

  async get(caller: Caller, id: string): Promise<MigrationView> {
    return publicView(await requireMigration(this.options.unitOfWork.reads, caller.workspaceId, id));
  }

  async act(
    caller: Caller,
    id: string,
    action: Action,
    options: { sourceFrozen?: boolean; requestId?: RequestId },
  ): Promise<MigrationView> {
    const { requestId, sourceFrozen } = options;
    const fingerprint = requestFingerprint(this.options.vault, caller.workspaceId, { sourceFrozen });
    return this.change(
      caller,
      id,
      { as: `migration.${action}`, asked: { sourceFrozen }, detail: standing },
      async (stores, migration, context) => {
        if (requestId !== undefined) {
          const scope = `migration.act/${id}/${action}`;
          const request = { workspaceId: caller.workspaceId, scope, requestId, fingerprint, resourceId: id };
          if ((await stores.requests.remember(request)) !== null) return { migration, changes: [] };
        }
        return applyAction(migration, action, { sourceFrozen }, context);
      },
    );
  }

  async setLimits(caller: Caller, id: string, limits: Partial<Limits>, options: { expectedVersion?: number } = {}): Promise<MigrationView> {
    return this.change(caller, id, { as: 'migration.set-limits', asked: {}, detail: ofLimits }, async (_stores, migration, context) => {
      assertVersion(migration, options.expectedVersion);
      const merged = { ...migration.spec.limits, ...limits };
      assertLimitsValid(merged);
      return applyLimits(migration, merged, context);
    });
  }

  async changeTables(caller: Caller, id: string, change: TableChange, options: { expectedVersion?: number } = {}): Promise<MigrationView> {
    assertMayWrite(caller);
    const before = await requireMigration(this.options.unitOfWork.direct, caller.workspaceId, id);
    // What would be refused must not have touched a failure.
    assertVersion(before, options.expectedVersion);
    applyTables(before, changedTables(before.spec, change, before.version + 1), { nowMs: 0, newRunId: () => 'run' });
    if (change.resync.length > 0) await this.quarantine.retryUnits(caller, before, change.resync);
    return this.change(
      caller,
      id,
      { as: 'migration.change-tables', asked: { ...change }, detail: standing },
      async (_stores, migration, context) => {
        assertVersion(migration, options.expectedVersion);
        return applyTables(migration, changedTables(migration.spec, change, migration.version + 1), context);
      },
    );
  }

  async applyFixes(caller: Caller, id: string, wanted: WantedFixes): Promise<{ applied: AppliedFix[]; migration: MigrationView }> {
    const { applied, before } = await this.fixes.apply(caller, id, wanted);
    const isBlocked = before.phase === 'precheck' && before.status === 'failed';
    const migration = isBlocked && applied.length > 0 ? await this.act(caller, id, 'retry', {}) : await this.get(caller, id);
    return { applied, migration };
  }

  async remove(caller: Caller, id: string): Promise<void> {
    await this.change(caller, id, { as: 'migration.remove', asked: {}, detail: standing }, async (_stores, migration, context) =>
      requestRemoval(migration, context),
    );
    const { unitOfWork, progress } = this.options;
    const signal = AbortSignal.timeout(REMOVAL_WAIT_MS);
    while (!signal.aborted && (await unitOfWork.direct.migrations.find(caller.workspaceId, id)) !== null) {
      await progress.next(id, 200, signal);
    }
  }

  failures(caller: Caller, id: string, page: PageRequest) {
    return this.quarantine.list(caller, id, page);
  }

  async resolveFailures(
    caller: Caller,
    id: string,
    input: { failureIds: string[]; resolution: 'retry' | 'waive'; reason: string },
  ): Promise<number> {
    const resolved = await this.quarantine.resolve(caller, id, input);
    this.announce(id);
    return resolved;
  }

  transcript(caller: Caller, id: string, page: PageRequest & { runId?: string }) {
    return listTranscript(this.options, caller, id, page);
  }

  kubevirtManifests(caller: Caller, id: string, wishes: KubevirtWishes): Promise<KubernetesList> {
    return manifestsOf(this.options.unitOfWork, caller, id, wishes);
  }

  async uploadImage(caller: Caller, id: string, input: ImageUpload, requestId: RequestId): Promise<MigrationView> {
    return this.create(caller, await uploadOf(this.options.unitOfWork, caller, id, input), requestId);
  }

  checks(caller: Caller, id: string) {
    return this.checking.list(caller, id);
  }

  check(caller: Caller, id: string, input: { kind: CheckKind; tables: string[] }, requestId: RequestId) {
    return this.checking.ask(caller, id, input, requestId);
  }

  async report(caller: Caller, id: string): Promise<DsseEnvelope> {
    const { reads } = this.options.unitOfWork;
    const migration = await requireMigration(reads, caller.workspaceId, id);
    const envelope = await reads.reports.find(id);
    if (envelope) return envelope;
    throw new SmartantError('REPORT_NOT_READY', `There is no report yet: the migration is in ${migration.phase}/${migration.status}.`, {
      kind: 'precondition',
      hint: 'The report is made once the cutover has been verified.',
      details: { phase: migration.phase, status: migration.status },
    });
  }

  watch(caller: Caller, id: string, signal: AbortSignal): AsyncIterable<WatchUpdate> {
    return watchMigration(this.options.unitOfWork, this.options.progress, caller, id, signal);
  }

  /** One change by a user, with its events, in one transaction; what it orders is carried out by the driver right after. */
  private async change(
    caller: Caller,
    id: string,
    { as, asked, detail }: { as: string; asked: AuditDetail; detail: (migration: DrivenMigration) => AuditDetail },
    step: (stores: Stores, migration: DrivenMigration, context: TransitionContext) => Promise<Transition>,
  ): Promise<MigrationView> {
    assertMayWrite(caller);
    const { unitOfWork, clock, observer } = this.options;
    const context = { nowMs: clock.nowMs(), newRunId: () => newId('run') };
    const done = await unitOfWork.transaction(async (stores) => {
      const before = await requireMigration(stores, caller.workspaceId, id, 'lock');
      const { migration, changes } = await step(stores, before, context);
      if (migration !== before) await stores.migrations.update(migration);
      await stores.events.append(migration, changes);
      if (migration !== before) {
        const fact = doneFact(as, caller.workspaceId, migrationTarget(before), {
          before: detail(before),
          after: { ...asked, ...detail(migration) },
        });
        await stores.audit.append(caller, fact);
      }
      return { before, migration, changes };
    });
    observer.changed(done.before, done.migration, done.changes);
    this.announce(id, done.migration.version);
    return publicView(done.migration);
  }

  private announce(id: string, version?: number): void {
    this.options.wakeDriver(id, version);
    this.options.progress.announce(id, version);
  }
}

function assertVersion(migration: DrivenMigration, expected: number | undefined): void {
  if (expected === undefined || expected === migration.version) return;
  throw new SmartantError('MIGRATION_VERSION_MISMATCH', `The migration is at version ${migration.version}, not ${expected}.`, {
    kind: 'conflict',
    hint: 'Read it again, and repeat the change if it is still wanted.',
    details: { version: String(migration.version) },
  });
}
