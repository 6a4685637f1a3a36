import { allowedActions } from './actions';
import { advance } from './advance';
import type { DatabaseScope } from './database-scope';
import { draftMigration, type DrivenMigration, type NewMigration, type Transition, type TransitionContext } from './driven-migration';
import { runEvent } from './events';
import { mergeFindings } from './merge-findings';
import type { EffectTrouble, Finding, MigrationError } from './migration';
import type { Limits } from './migration-spec';
import { changed, enterPhase, followedBy, unchanged } from './phase-entry';
import type { PrecheckOutcome, RunState } from './run-state';

/** The events of the state machine as functions. What each one does, and where, stands in transition-table.ts. */

/** A new migration, about to be prechecked. */
export function createMigration(input: NewMigration, context: TransitionContext): Transition {
  return followedBy(changed(draftMigration(input, context.nowMs), {}, 'created', context), (draft) =>
    enterPhase(draft, 'precheck', context),
  );
}

/** The precheck call answered. */
export function applyPrecheck(migration: DrivenMigration, outcome: PrecheckOutcome, context: TransitionContext): Transition {
  return advance(migration, { type: 'prechecked', outcome }, context);
}

/** A run could not be started, or a precheck not be made, for a reason that waiting does not cure. */
export function applyStartFailure(migration: DrivenMigration, error: MigrationError, context: TransitionContext): Transition {
  return advance(migration, { type: 'start-refused', error }, context);
}

/** The migrator refused a start because it has seen runs of a higher epoch: the phase goes on under a new run above them. */
export function applyEpochStale(migration: DrivenMigration, highestEpoch: number, context: TransitionContext): Transition {
  return advance(migration, { type: 'epoch-stale', highestEpoch }, context);
}

/**
 * The state of a run, as its migrator tells it. A state of another run or epoch changes nothing, so late and
 * repeated answers are harmless.
 */
export function applyRunUpdate(migration: DrivenMigration, run: RunState, context: TransitionContext): Transition {
  if (run.runId !== migration.runId || run.epoch !== migration.epoch) return unchanged(migration);
  return advance(migration, runEvent(run), context);
}

/** The migrator does not know the run: it is started (again) under the same id, or there is nothing to stop. */
export function applyRunUnknown(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'run-unknown' }, context);
}

/** The report is stored: reversible begins to wait, done ends. */
export function applyReported(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'report-stored' }, context);
}

/** The wait between rounds is over. */
export function startNextRound(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'round-due' }, context);
}

/** New limits, to be told to a run that goes on; the next run starts with them anyway. */
export function applyLimits(migration: DrivenMigration, limits: Limits, context: TransitionContext): Transition {
  return advance(migration, { type: 'set-limits', limits }, context);
}

/** The migrator has taken over the limits. */
export function applyLimitsTold(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'limits-told' }, context);
}

/** Failures were set to be retried: a waiting migration starts its next round at once. */
export function applyFailuresRetried(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'retry-failures' }, context);
}

/** Tables of a database were added, left out, or are to be copied again. */
export function applyTables(migration: DrivenMigration, database: DatabaseScope, context: TransitionContext): Transition {
  return advance(migration, { type: 'change-tables', database }, context);
}

/** The user wants it gone: what runs is cancelled, then the migrator forgets it, then we do. */
export function requestRemoval(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'remove' }, context);
}

/** The last change of a migration, published when its rows are deleted. */
export function concludeRemoval(migration: DrivenMigration, context: TransitionContext): Transition {
  return advance(migration, { type: 'removed' }, context);
}

/** What is due has not gone through for long. It is shown, and goes on being tried. */
export function applyStuck(migration: DrivenMigration, trouble: EffectTrouble, context: TransitionContext): Transition {
  return advance(migration, { type: 'effect-stuck', trouble }, context);
}

/**
 * The databases are another incarnation than before (a restore, a failover): an active run is replaced by a new one of the same phase,
 * above its epoch. Once for each incarnation; repeated calls change nothing.
 */
export function revalidateMigration(migration: DrivenMigration, incarnation: string, context: TransitionContext): Transition {
  return advance(migration, { type: 'revalidate', incarnation }, context);
}

const HELD_AFTER_RESTORE: Finding = {
  severity: 'warning',
  code: 'HELD_AFTER_RESTORE',
  message:
    'The platform was restored from a backup: whether this migration was cut over since the backup is not known here, so it is paused.',
  hint: 'If its target is not in use yet, resume it. If it was cut over, cancel it: it would carry the source over newer data.',
  subject: 'target',
};

/** As `revalidateMigration`, after a restore from a backup: what would go on copying into its target waits for somebody's word. */
export function revalidateRestored(migration: DrivenMigration, incarnation: string, context: TransitionContext): Transition {
  const done = revalidateMigration(migration, incarnation, context);
  if (done.migration === migration || !allowedActions(done.migration).includes('pause')) return done;
  return followedBy(done, (next) => {
    const held = { ...next, findings: mergeFindings(next.findings, [HELD_AFTER_RESTORE]) };
    return advance(held, { type: 'pause' }, context);
  });
}
