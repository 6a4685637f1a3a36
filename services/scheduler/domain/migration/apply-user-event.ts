import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import type { Finding } from './migration';
import type { Limits } from './migration-spec';
import { changed, closeTiming, enterPhase, followedBy, unchanged } from './phase-entry';
import { RUN_PHASES } from './states';

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

export function cancel(migration: DrivenMigration, context: TransitionContext): Transition {
  const order = migration.phase === 'precheck' ? 'none' : 'cancel';
  const timings = closeTiming(migration, 'cancelled', context);
  return changed(migration, { status: 'cancelled', order, notBefore: null, timings }, 'cancelled', context);
}

export function retry(migration: DrivenMigration, context: TransitionContext): Transition {
  return enterPhase(migration, migration.phase, context, migration.round);
}

export function cutover(migration: DrivenMigration, asked: { sourceFrozen?: boolean | undefined }, context: TransitionContext): Transition {
  const sourceFrozen = asked.sourceFrozen ?? migration.spec.cutover.sourceFrozen;
  const waiting = migration.status === 'waiting';
  if (!waiting && migration.cutoverRequested && sourceFrozen === migration.spec.cutover.sourceFrozen) return unchanged(migration);
  const spec = { ...migration.spec, cutover: { ...migration.spec.cutover, sourceFrozen } };
  const requested = changed(migration, { spec, cutoverRequested: true, notBefore: null }, 'cutover-requested', context);
  return waiting ? followedBy(requested, (next) => enterPhase(next, 'cutover', context)) : requested;
}

export function finalize(migration: DrivenMigration, context: TransitionContext): Transition {
  return enterPhase(migration, 'done', context);
}

const ROLLED_BACK: Finding = {
  severity: 'note',
  code: 'ROLLED_BACK',
  message: 'Rolled back: the source was never touched and stays in use; the target keeps its copy.',
  hint: 'Delete the copy at the target when it is not needed.',
  subject: 'both',
};

export function rollback(migration: DrivenMigration, context: TransitionContext): Transition {
  const timings = closeTiming(migration, 'cancelled', context);
  const findings = [...migration.findings, ROLLED_BACK];
  return changed(migration, { phase: 'done', status: 'cancelled', order: 'report', timings, findings }, 'rolled-back', context);
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
  return { ...migration, limitsDue: RUN_PHASES.includes(migration.phase) && migration.order !== 'none' };
}

/** Failures were set to be retried: a waiting migration starts its next round at once. */
export function retryFailures(migration: DrivenMigration, context: TransitionContext): Transition {
  const waiting = migration.phase === 'incremental' && migration.status === 'waiting';
  return waiting ? enterPhase(migration, 'incremental', context) : unchanged(migration);
}
