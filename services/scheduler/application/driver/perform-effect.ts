import { newId, SmartantError, toSmartantError } from '@smartant/kernel';
import type { DrivenMigration, Transition, TransitionContext } from '../../domain/migration/driven-migration';
import type { EffectKind } from '../../domain/migration/effects';
import type { MigrationError } from '../../domain/migration/migration';
import { hasOpened } from '../../domain/migration/apply-run-event';
import { DEFAULT_PRIORITY, scopeOf } from '../../domain/migration/migration-spec';
import { hasEnded, type RunState } from '../../domain/migration/run-state';
import {
  applyEpochStale,
  applyLimitsTold,
  applyPrecheck,
  applyReported,
  applyRunUnknown,
  applyRunUpdate,
  applyStartFailure,
  concludeRemoval,
  startNextRound,
} from '../../domain/migration/transitions';
import { requireEndpoint, resolveEndpoint } from '../endpoints/resolve-endpoint';
import { limitOrder } from '../limits/limit-order';
import type { Migrator, Migrators, ResolvedEndpoint } from '../ports/migrator';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import type { ReportIssuer } from '../report/report-issuer';

/** What an effect came to: a transition to store, and what else belongs into its transaction. */
export interface EffectOutcome extends Transition {
  /** Rows beside the migration's own. */
  store?: (stores: Stores) => Promise<void>;
  /** The migration is gone: its row is deleted instead of stored. */
  gone?: true;
}

export interface EffectCall {
  migration: DrivenMigration;
  /** Effects of this migration in a row that did not get through. */
  failures: number;
  /** The time on the database's clock, in milliseconds since the epoch. */
  nowMs: () => number;
  signal: AbortSignal;
}

/** An error that is ours or unknown fails a start only when it comes again and again. */
const INTERNAL_FAILURES_AT_MOST = 5;

/** Carries out one effect. Idempotent: whoever dies before storing the outcome leaves it to be done again. */
export class PerformEffect {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly migrators: Migrators,
    private readonly reports: ReportIssuer,
  ) {}

  /** Rejects when the effect did not get through and is to be tried again. */
  async perform(kind: EffectKind, call: EffectCall): Promise<EffectOutcome> {
    const { migration, signal } = call;
    const runId = migration.runId ?? '';
    const migrator = (): Migrator => this.migratorOf(call);
    switch (kind) {
      case 'precheck':
        return this.starting(call, () => this.precheck(call));
      case 'start-run':
        return this.starting(call, () => this.startRun(call));
      case 'get-run':
      case 'check-paused-run':
        return told(call, await migrator().getRun(runId, signal));
      case 'pause-run':
        return told(call, await migrator().pauseRun(runId, signal));
      case 'resume-run':
        return told(call, await migrator().resumeRun(runId, signal));
      case 'cancel-run':
        return this.cancelRun(call);
      case 'remove-run':
        return this.removeRun(call);
      case 'set-limits':
        await migrator().setLimits(migration.id, await limitOrder(this.unitOfWork.direct, migration), signal);
        return applyLimitsTold(migration, contextOf(call));
      case 'build-report':
        return this.buildReport(call);
      case 'next-round':
        return startNextRound(migration, contextOf(call));
    }
  }

  private async precheck(call: EffectCall): Promise<EffectOutcome> {
    const { migration, signal } = call;
    const { source, target } = await this.endpointsOf(migration);
    const access = { runId: migration.runId ?? '', epoch: migration.epoch };
    const outcome = await this.migratorOf(call).precheck(source, target, scopeOf(migration.spec), access, signal);
    return applyPrecheck(migration, outcome, contextOf(call));
  }

  private async startRun(call: EffectCall): Promise<EffectOutcome> {
    const { migration, signal } = call;
    const { id, workspaceId, phase, round, spec, epoch } = migration;
    const { source, target } = await this.endpointsOf(migration);
    const run = await this.migratorOf(call).startRun(
      {
        runId: migration.runId ?? '',
        epoch,
        migrationId: id,
        workspaceId,
        phase,
        round: phase === 'incremental' ? round : 1,
        source,
        target,
        scope: scopeOf(spec),
        priority: spec.priority ?? DEFAULT_PRIORITY,
        ...(await limitOrder(this.unitOfWork.direct, migration)),
        sourceFrozen: phase === 'cutover' && spec.cutover.sourceFrozen,
      },
      signal,
    );
    return applyRunUpdate(migration, run, contextOf(call));
  }

  /** A run that failed keeps its half-done uploads for a retry, so cancelling it is not enough: the migrator forgets the migration. */
  private async cancelRun(call: EffectCall): Promise<EffectOutcome> {
    const { migration, signal } = call;
    const { id, runId, epoch } = migration;
    const migrator = this.migratorOf(call);
    const run = await migrator.cancelRun(runId ?? '', id, epoch, signal);
    if (run !== null && leavesSomething(migration, run)) await migrator.forgetMigration(id, epoch, signal);
    return told(call, run);
  }

  /** Gone at the migrator, half-done uploads included: then here too, with the endpoints that were only this migration's. */
  private async removeRun(call: EffectCall): Promise<EffectOutcome> {
    const { migration, signal } = call;
    const { id, runId, epoch } = migration;
    const migrator = this.migratorOf(call);
    const run = await migrator.cancelRun(runId ?? '', id, epoch, signal);
    if (run !== null && !hasEnded(run)) return applyRunUpdate(migration, run, contextOf(call));
    await migrator.forgetMigration(id, epoch, signal);
    return { ...concludeRemoval(migration, contextOf(call)), gone: true, store: (stores) => stores.endpoints.removeOwnedBy(migration.id) };
  }

  private async buildReport(call: EffectCall): Promise<EffectOutcome> {
    const { migration } = call;
    const after = applyReported(migration, contextOf(call));
    // The report states the phases as they will stand once it is stored, so that the last one has its end.
    const envelope = await this.reports.issue({ ...migration, timings: after.migration.timings });
    return { ...after, store: (stores) => stores.reports.save(migration.id, envelope) };
  }

  /** What only the user can cure fails the phase; what may pass by itself rejects, and is tried again for ever. */
  private async starting(call: EffectCall, start: () => Promise<EffectOutcome>): Promise<EffectOutcome> {
    try {
      return await start();
    } catch (thrown) {
      const error = toSmartantError(thrown);
      const highestEpoch = Number(error.code === 'RUN_EPOCH_STALE' && error.details.highestEpoch);
      if (highestEpoch >= call.migration.epoch) return applyEpochStale(call.migration, highestEpoch, contextOf(call));
      if (call.signal.aborted || mayPass(error, call.failures)) throw error;
      return applyStartFailure(call.migration, asMigrationError(error), contextOf(call));
    }
  }

  private migratorOf({ migration }: EffectCall): Migrator {
    return this.migrators.of(migration.spec.kind);
  }

  private async endpointsOf({ workspaceId, spec }: DrivenMigration): Promise<{ source: ResolvedEndpoint; target: ResolvedEndpoint }> {
    const { direct } = this.unitOfWork;
    const resolve = async (id: string) => resolveEndpoint(direct, await requireEndpoint(direct, workspaceId, id));
    const [source, target] = await Promise.all([resolve(spec.sourceEndpointId), resolve(spec.targetEndpointId)]);
    return { source, target };
  }
}

/**
 * A run that failed keeps half-done uploads for its retry. Of a database or a host every run leaves something at both ends, and a cutover a frozen
 * source: unless the run was cancelled itself, or has opened the target, the migrator is to release all of it.
 */
function leavesSomething(migration: DrivenMigration, run: RunState): boolean {
  if (migration.spec.kind === 'storage') return run.status === 'failed';
  return hasEnded(run) && run.status !== 'cancelled' && !(migration.phase === 'cutover' && hasOpened(migration, run));
}

function contextOf(call: EffectCall): TransitionContext {
  return { nowMs: call.nowMs(), newRunId: () => newId('run') };
}

function told(call: EffectCall, run: RunState | null): EffectOutcome {
  return run === null ? applyRunUnknown(call.migration, contextOf(call)) : applyRunUpdate(call.migration, run, contextOf(call));
}

function mayPass(error: SmartantError, failures: number): boolean {
  if (error.retryable || ['unavailable', 'timeout', 'too-many', 'cancelled'].includes(error.kind)) return true;
  return error.kind === 'internal' && failures < INTERNAL_FAILURES_AT_MOST;
}

export function asMigrationError(error: SmartantError): MigrationError {
  return { code: error.code, message: error.message, hint: error.hint ?? '', retryable: false };
}
