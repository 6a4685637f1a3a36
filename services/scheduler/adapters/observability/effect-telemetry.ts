import { inSpan, injectTraceContext, recordDerivedRoot, recordKnownSpan, withExtractedTraceContext } from '@smartant/platform/telemetry';
import { withLogContext, type Logger } from '@smartant/platform/logging';
import { counter, gauge, histogram } from '@smartant/platform/metrics';
import { toSmartantError } from '@smartant/kernel';
import type { EffectObserver } from '../../application/ports/effect-observer';
import type { MigrationStore } from '../../application/ports/unit-of-work';
import type { DrivenMigration } from '../../domain/migration/driven-migration';
import type { PhaseTiming } from '../../domain/migration/migration';
import { ownTraceOf, phaseTrace } from './phase-trace';

const effects = counter('smartant_scheduler_effects_total', 'Effects carried out for migrations.', ['effect', 'outcome']);
const effectSeconds = histogram('smartant_scheduler_effect_seconds', 'How long an effect took.', ['effect']);
const schedulingDelay = histogram('smartant_scheduling_delay_seconds', 'Time from when a migration was due until it was claimed.');
const changesTotal = counter('smartant_migration_changes_total', 'Changes of migrations.', ['change']);
/** From a second to a week. */
const PHASE_BUCKETS_SECONDS = [1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800];
const phaseSeconds = histogram(
  'smartant_migration_phase_seconds',
  'How long a phase (or a round of it) took.',
  ['phase', 'outcome'],
  PHASE_BUCKETS_SECONDS,
);
const migrations = gauge('smartant_migrations', 'Migrations by phase and status.', ['phase', 'status']);
const stuckEffects = gauge('smartant_effects_stuck', 'Migrations whose next effect has not gone through for minutes.', ['effect']);

/** Polls are not worth a span a second; everything else the driver does is. */
const QUIET = new Set(['get-run', 'check-paused-run']);

/** Spans, metrics and log lines of the driver. The spans of a migration belong to the trace of its phase (phase-trace.ts). */
export class EffectTelemetry implements EffectObserver {
  constructor(private readonly logger: Logger) {}

  claimed(overdueMs: number): void {
    schedulingDelay.observe(overdueMs / 1_000);
  }

  traceContext(): Record<string, string> {
    const carrier: Record<string, string> = {};
    injectTraceContext(carrier);
    return carrier;
  }

  effect<T>(kind: Parameters<EffectObserver['effect']>[0], migration: DrivenMigration, work: () => Promise<T>): Promise<T> {
    const { id, workspaceId, runId, phase, epoch } = migration;
    const attributes = {
      'smartant.migration': id,
      'smartant.workspace': workspaceId,
      'smartant.run': runId ?? '',
      'smartant.phase': phase,
      'smartant.epoch': epoch,
    };
    const counted = async () => {
      const stop = effectSeconds.startTimer({ effect: kind });
      try {
        const result = await work();
        effects.inc({ effect: kind, outcome: 'done' });
        return result;
      } catch (error) {
        effects.inc({ effect: kind, outcome: 'not-through' });
        throw error;
      } finally {
        stop();
      }
    };
    return withLogContext({ workspaceId, migrationId: id, runId: runId ?? undefined }, () =>
      QUIET.has(kind)
        ? counted()
        : withExtractedTraceContext(phaseTrace(migration), () => inSpan(`migration ${kind}`, attributes, counted)),
    );
  }

  notThrough(kind: string, migration: DrivenMigration, error: unknown, retryInMs: number): void {
    const { id, workspaceId, runId } = migration;
    const { code } = toSmartantError(error);
    const fields = { effect: kind, migrationId: id, workspaceId, runId, code, err: error, retryInMs: Math.round(retryInMs) };
    this.logger.warn(fields, 'an effect did not get through and will be tried again');
  }

  loopFailed(error: unknown): void {
    this.logger.error({ err: error, code: toSmartantError(error).code }, 'the driver was interrupted and goes on');
  }

  changed(before: DrivenMigration, after: DrivenMigration, changes: Parameters<EffectObserver['changed']>[2]): void {
    const { id, workspaceId, runId } = after;
    for (const { change, phase, status, error } of changes) {
      changesTotal.inc({ change });
      const level = error !== null && (change === 'phase-failed' || change === 'stuck') ? 'warn' : 'info';
      this.logger[level](
        { migrationId: id, workspaceId, runId, change, phase, status, code: error?.code, reason: error?.message },
        'migration changed',
      );
    }
    for (const timing of newlyBegun(before, after)) recordBeginning(after, timing);
    for (const timing of newlyClosed(before, after)) recordPhase(after, timing);
  }
}

/** A phase with a trace of its own has a root from its first moment on, so that nothing in that trace ever hangs in the air. */
function recordBeginning(migration: DrivenMigration, timing: PhaseTiming): void {
  const own = ownTraceOf(migration, timing);
  if (own === null) return;
  const startedAt = new Date(timing.startedAt);
  const name = `phase ${timing.phase} begins`;
  const known = { name, attributes: phaseAttributes(migration, timing), startedAt, finishedAt: startedAt };
  withExtractedTraceContext(migration.traceContext, () => recordDerivedRoot(own, known));
}

/** A phase may last for days and be watched by many replicas: its span is made when it ends. */
function recordPhase(migration: DrivenMigration, timing: PhaseTiming): void {
  const { phase, startedAt, finishedAt, outcome } = timing;
  if (finishedAt === undefined) return;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000;
  phaseSeconds.observe({ phase, outcome: outcome ?? 'succeeded' }, seconds);
  withExtractedTraceContext(phaseTrace(migration, timing), () =>
    recordKnownSpan({
      name: `phase ${phase}`,
      attributes: phaseAttributes(migration, timing),
      startedAt: new Date(startedAt),
      finishedAt: new Date(finishedAt),
      failed: outcome === 'failed',
    }),
  );
}

function phaseAttributes({ id, workspaceId }: DrivenMigration, { phase, round }: PhaseTiming) {
  return { 'smartant.migration': id, 'smartant.workspace': workspaceId, 'smartant.phase': phase, 'smartant.round': round };
}

function newlyBegun(before: DrivenMigration, after: DrivenMigration): PhaseTiming[] {
  return after.timings.slice(before.timings.length);
}

function newlyClosed(before: DrivenMigration, after: DrivenMigration): PhaseTiming[] {
  return after.timings.filter((timing, index) => timing.finishedAt !== undefined && before.timings[index]?.finishedAt === undefined);
}

/** Sets the gauge of migrations by phase and status from the database. */
export async function publishCensus(store: Pick<MigrationStore, 'census'>): Promise<void> {
  const rows = await store.census();
  migrations.reset();
  for (const { phase, status, count } of rows) migrations.set({ phase, status }, count);
}

/** Sets the gauge of migrations that are stuck. An effect that none is stuck at is not shown. */
export async function publishStuckEffects(store: Pick<MigrationStore, 'stuckEffects'>): Promise<void> {
  const rows = await store.stuckEffects();
  stuckEffects.reset();
  for (const { effect, count } of rows) stuckEffects.set({ effect }, count);
}
