import type { DatabaseScope } from './database-scope';
import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import type { Finding } from './migration';
import type { Limits } from './migration-spec';
import { beginRun, changed, closeTiming, concludeRollback, enterPhase, followedBy, takeOver, unchanged } from './phase-entry';
import { hasRun } from './states';

/** What each thing that a user can ask does, in the states where the table allows it. */

export function pause(migration: DrivenMigration, context: TransitionContext): Transition {
  return changed(migration, { status: 'paused', order: pausedOrder(migration) }, 'paused', context);
}

/** A precheck is a single call with nothing to pause at the migrator; between rounds no run goes on. */
function pausedOrder(migration: DrivenMigration): DrivenMigration['order'] {
  if (migration.order === 'none') return 'none';
  return migration.phase === 'precheck' ? 'hold' : 'pause';
}

export function resume(migration: DrivenMigration, context: TransitionContext): Transition {
  if (migration.order === 'none') return changed(migration, { status: 'waiting' }, 'resumed', context);
  if (migration.phase === 'precheck') return changed(migration, { status: 'pending', order: 'start' }, 'resumed', context);
  return changed(migration, { status: 'running', order: 'resume' }, 'resumed', context);
}

/**
 * From a cutover that failed and gave the source back, to where rows are compared and repaired beside the stream. Whoever wants that decides when it
 * is cut over again: an automatic cutover would come before they are done.
 */
export function streamAgain(migration: DrivenMigration, context: TransitionContext): Transition {
  const spec = { ...migration.spec, cutover: { ...migration.spec.cutover, mode: 'manual' as const } };
  const undecided = { spec, cutoverRequested: false };
  if (spec.kind === 'database' && spec.database.mode === 'snapshot') {
    return changed(migration, { ...undecided, phase: 'full', status: 'waiting', error: null, notBefore: null }, 'resumed', context);
  }
  return followedBy(changed(migration, undecided, 'resumed', context), (next) => enterPhase(next, 'incremental', context));
}

export function cancel(migration: DrivenMigration, context: TransitionContext): Transition {
  const order = migration.phase === 'precheck' ? 'none' : 'cancel';
  const timings = closeTiming(migration, 'cancelled', context);
  return changed(migration, { status: 'cancelled', order, notBefore: null, timings }, 'cancelled', context);
}

export function retry(migration: DrivenMigration, context: TransitionContext): Transition {
  return beginRun(migration, migration.phase, migration.round, context);
}

export function cutover(migration: DrivenMigration, asked: { sourceFrozen?: boolean | undefined }, context: TransitionContext): Transition {
  const sourceFrozen = asked.sourceFrozen ?? migration.spec.cutover.sourceFrozen;
  const waiting = migration.status === 'waiting';
  if (!waiting && migration.cutoverRequested && sourceFrozen === migration.spec.cutover.sourceFrozen) return unchanged(migration);
  const spec = { ...migration.spec, cutover: { ...migration.spec.cutover, sourceFrozen } };
  const requested = changed(migration, { spec, cutoverRequested: true, notBefore: null }, 'cutover-requested', context);
  return waiting ? followedBy(requested, (next) => enterPhase(next, 'cutover', context)) : requested;
}

/** Of a host: at once between two rounds, else after the round in progress. */
export function rehearse(migration: DrivenMigration, context: TransitionContext): Transition {
  const waiting = migration.status === 'waiting';
  if (!waiting && migration.rehearsalRequested) return unchanged(migration);
  const requested = changed(migration, { rehearsalRequested: true, notBefore: null }, 'rehearsal-requested', context);
  return waiting ? followedBy(requested, (next) => enterPhase(next, 'rehearsal', context)) : requested;
}

/** Of a database: at once, under a run with a higher epoch, which ends the one that streams. */
export function cutoverStream(
  migration: DrivenMigration,
  asked: { sourceFrozen?: boolean | undefined },
  context: TransitionContext,
): Transition {
  const sourceFrozen = asked.sourceFrozen ?? migration.spec.cutover.sourceFrozen;
  const spec = { ...migration.spec, cutover: { ...migration.spec.cutover, sourceFrozen } };
  const requested = changed(migration, { spec, cutoverRequested: true, notBefore: null }, 'cutover-requested', context);
  return followedBy(requested, (next) => takeOver(next, 'cutover', context));
}

export function finalize(migration: DrivenMigration, context: TransitionContext): Transition {
  return enterPhase(migration, 'done', context);
}

/** Of a database or a host: a run takes away what is kept at both ends, or opens the source again; it ends the one that goes on. */
export function endReversible(migration: DrivenMigration, phase: 'finalize' | 'rollback', context: TransitionContext): Transition {
  return takeOver(migration, phase, context);
}

const ROLLED_BACK: Finding = {
  severity: 'note',
  code: 'ROLLED_BACK',
  message: 'Rolled back: the source was never touched and stays in use; the target keeps its copy.',
  hint: 'Delete the copy at the target when it is not needed.',
  subject: 'both',
};

export function rollback(migration: DrivenMigration, context: TransitionContext): Transition {
  return concludeRollback(migration, ROLLED_BACK, context);
}

/** What runs is cancelled, then the migrator forgets it, then we do. */
export function remove(migration: DrivenMigration, context: TransitionContext): Transition {
  if (migration.order === 'remove') return unchanged(migration);
  if (migration.status === 'succeeded' || migration.status === 'cancelled') return unchanged({ ...migration, order: 'remove' });
  const timings = closeTiming(migration, 'cancelled', context);
  return changed(migration, { status: 'cancelled', order: 'remove', notBefore: null, timings }, 'cancelled', context);
}

/** New limits, to be told to a run that goes on; the next run starts with them anyway. */
export function setLimits(migration: DrivenMigration, limits: Limits, context: TransitionContext): Transition {
  const spec = { ...migration.spec, limits };
  return unchanged({ ...tellLimits(migration), spec, version: migration.version + 1, updatedAt: new Date(context.nowMs).toISOString() });
}

/** What the migration shares with others (its endpoints' and its workspace's limits) was changed; of itself nothing has. */
export function tellLimits(migration: DrivenMigration): DrivenMigration {
  return { ...migration, limitsDue: hasRun(migration) };
}

/** Of a database: a run with a higher epoch takes over from the stream, and brings the target's tables in line first. */
export function syncTables(migration: DrivenMigration, context: TransitionContext): Transition {
  return takeOver(migration, 'incremental', context);
}

/** Its tables are others from now on. One that has failed is brought in line when it is retried. */
export function changeTables(migration: DrivenMigration, database: DatabaseScope, context: TransitionContext): Transition {
  if (migration.spec.kind !== 'database') return unchanged(migration);
  const spec = { ...migration.spec, database };
  const told = { ...migration, spec, version: migration.version + 1, updatedAt: new Date(context.nowMs).toISOString() };
  return migration.status === 'failed' ? unchanged(told) : syncTables(told, context);
}

/** Failures were set to be retried: a waiting migration starts its next round at once. */
export function retryFailures(migration: DrivenMigration, context: TransitionContext): Transition {
  const waiting = migration.spec.kind !== 'database' && migration.phase === 'incremental' && migration.status === 'waiting';
  return waiting ? enterPhase(migration, 'incremental', context) : unchanged(migration);
}
