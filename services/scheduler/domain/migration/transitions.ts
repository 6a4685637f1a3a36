import { draftMigration, type DrivenMigration, type NewMigration, type Transition, type TransitionContext } from './driven-migration';
import { addRun } from './ledger';
import type { Finding, MigrationError } from './migration';
import type { Limits, MigrationSpec } from './migration-spec';
import { changed, closeTiming, enterPhase, failRun, followedBy, leavePhase, settleLedger, unchanged } from './phase-entry';
import { hasEnded, type PrecheckOutcome, type RunState } from './run-state';

/** A new migration, about to be prechecked. */
export function createMigration(input: NewMigration, context: TransitionContext): Transition {
  return followedBy(changed(draftMigration(input, context.nowMs), {}, 'created', context), (draft) =>
    enterPhase(draft, 'precheck', context),
  );
}

/** The precheck call answered. */
export function applyPrecheck(migration: DrivenMigration, outcome: PrecheckOutcome, context: TransitionContext): Transition {
  if (migration.phase !== 'precheck' || migration.order !== 'start') return unchanged(migration);
  const { findings, estimate } = outcome;
  const spec = withDeletePolicy(migration.spec, findings);
  return leavePhase({ ...migration, spec, findings, expectedObjects: estimate.objects, expectedBytes: estimate.bytes }, context);
}

/** Where no policy was asked for, it is decided once, before anything is copied; a precheck that blocks leaves it open for the next one. */
function withDeletePolicy(spec: MigrationSpec, findings: Finding[]): MigrationSpec {
  const blocked = findings.some(({ severity }) => severity === 'blocker');
  if (spec.storage.deletePolicy !== 'auto' || blocked) return spec;
  const deletePolicy = findings.some(({ code }) => code === 'TARGET_NOT_EMPTY') ? 'keep' : 'propagate';
  return { ...spec, storage: { ...spec.storage, deletePolicy } };
}

/** A run could not be started, or a precheck not be made, for a reason that waiting does not cure. */
export function applyStartFailure(migration: DrivenMigration, error: MigrationError, context: TransitionContext): Transition {
  return migration.order === 'start' ? failRun(migration, error, context) : unchanged(migration);
}

/**
 * The state of a run, as its migrator tells it. A state of another run or epoch changes nothing, so late and
 * repeated answers are harmless.
 */
export function applyRunUpdate(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  if (run.runId !== migration.runId || run.epoch !== migration.epoch) return unchanged(migration);
  if (migration.order === 'none' || migration.order === 'report') return unchanged(migration);
  const seen = withProgress(migration, run);
  if (migration.order === 'remove') return unchanged(seen);
  if (migration.order === 'cancel') return unchanged(hasEnded(run) ? { ...settleLedger(seen, run.ledger), order: 'none' } : seen);
  if (migration.order === 'pause' || migration.order === 'hold') {
    const held = run.status === 'paused' || hasEnded(run);
    return unchanged({ ...seen, order: held ? 'hold' : 'pause' });
  }
  return hasEnded(run) ? applyEnd(seen, run, context) : applyGoingOn(seen, run, context);
}

/** The migrator does not know the run: it is started (again) under the same id, or there is nothing to stop. */
export function applyRunUnknown(migration: DrivenMigration): Transition {
  if (migration.order === 'watch' || migration.order === 'resume') return unchanged({ ...migration, order: 'start' });
  if (migration.order === 'pause') return unchanged({ ...migration, order: 'hold' });
  if (migration.order === 'cancel') return unchanged({ ...migration, order: 'none' });
  return unchanged(migration);
}

function withProgress(migration: DrivenMigration, run: RunState): DrivenMigration {
  return {
    ...migration,
    ledger: addRun(migration.finishedLedger, run.ledger),
    shardsTotal: run.shardsTotal,
    shardsDone: run.shardsDone,
    expectedObjects: run.expectedObjects || migration.expectedObjects,
    expectedBytes: run.expectedBytes || migration.expectedBytes,
  };
}

function applyGoingOn(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  if (run.status === 'paused') return unchanged({ ...migration, order: 'resume' });
  if (migration.status === 'running') return unchanged({ ...migration, order: 'watch' });
  const next = { ...migration, order: 'watch' as const, status: 'running' as const, error: null, version: migration.version + 1 };
  return unchanged({ ...next, updatedAt: new Date(context.nowMs).toISOString() });
}

function applyEnd(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  const settled: DrivenMigration = { ...settleLedger(migration, run.ledger), notBefore: null };
  const findings = mergeFindings(settled.findings, run.findings);
  if (run.status === 'succeeded') {
    const verified = run.verification ? { verification: run.verification } : {};
    return leavePhase({ ...settled, ...verified, findings: mergeFindings(findings, frozenWarning(settled, run)) }, context);
  }
  const error = run.error ?? {
    code: 'RUN_ENDED_EARLY',
    message: `The migrator ended the run as ${run.status} without giving a reason.`,
    hint: 'It is tried again by itself. If it keeps happening, look into the migrator’s log.',
    retryable: true,
  };
  return failRun({ ...settled, findings }, error, context);
}

function mergeFindings(known: Finding[], more: Finding[]): Finding[] {
  const keyOf = (finding: Finding) => `${finding.code} ${finding.subject} ${finding.message}`;
  return [...new Map([...known, ...more].map((finding) => [keyOf(finding), finding])).values()];
}

/** The operator said that the source is frozen, and it was not: worth a word, though this target equals what was seen. */
function frozenWarning(migration: DrivenMigration, run: RunState): Finding[] {
  if (!migration.spec.cutover.sourceFrozen || !run.verification || run.verification.sourceFrozen) return [];
  return [
    {
      severity: 'warning',
      code: 'SOURCE_NOT_FROZEN',
      message: 'The source was declared frozen, but two consecutive inventories of it differ: something still writes to it.',
      hint: 'The report is valid as of its time only. Stop the writers and migrate once more to cover what they wrote.',
      subject: 'source',
    },
  ];
}

/** The report is stored: reversible begins to wait, done ends. */
export function applyReported(migration: DrivenMigration, context: TransitionContext): Transition {
  return migration.order === 'report' ? leavePhase(migration, context) : unchanged(migration);
}

/** The wait between rounds is over. */
export function startNextRound(migration: DrivenMigration, context: TransitionContext): Transition {
  if (migration.phase !== 'incremental' || migration.status !== 'waiting') return unchanged(migration);
  return enterPhase(migration, 'incremental', context);
}

/** New limits, to be told to a run that goes on; the next run starts with them anyway. */
export function applyLimits(migration: DrivenMigration, limits: Limits, context: TransitionContext): Transition {
  const limitsDue = migration.order !== 'none' && migration.order !== 'report';
  const spec = { ...migration.spec, limits };
  return unchanged({ ...migration, spec, limitsDue, version: migration.version + 1, updatedAt: new Date(context.nowMs).toISOString() });
}

/** Failures were set to be retried: a waiting migration starts its next round at once. */
export function applyFailuresRetried(migration: DrivenMigration, context: TransitionContext): Transition {
  const waiting = migration.phase === 'incremental' && migration.status === 'waiting';
  return waiting ? startNextRound(migration, context) : unchanged(migration);
}

/** The user wants it gone: what runs is cancelled, then the migrator forgets it, then we do. */
export function requestRemoval(migration: DrivenMigration, context: TransitionContext): Transition {
  if (migration.order === 'remove') return unchanged(migration);
  if (migration.status === 'succeeded' || migration.status === 'cancelled') return unchanged({ ...migration, order: 'remove' });
  return changed(
    migration,
    { status: 'cancelled', order: 'remove', timings: closeTiming(migration, 'cancelled', context) },
    'cancelled',
    context,
  );
}

/** The last change of a migration, published when its rows are deleted. */
export function concludeRemoval(migration: DrivenMigration, context: TransitionContext): Transition {
  return changed(migration, { order: 'none' }, 'deleted', context);
}
