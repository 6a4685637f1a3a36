import { SmartantError } from '@smartant/kernel';
import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import type { Finding } from './migration';
import { changed, closeTiming, enterPhase, followedBy, unchanged } from './phase-entry';
import { ACTIONS, type Action, type Phase, type Status } from './phase';

export interface ActionOptions {
  /** Cutover only: the operator's word that nothing writes to the source any more. Absent: as the specification says. */
  sourceFrozen?: boolean;
}

/** One action, as data: the phases × statuses in which it is allowed, and what it does. */
export interface ActionRule {
  action: Action;
  phases: readonly Phase[];
  statuses: readonly Status[];
  /** What it does and what it leaves, for the generated documentation. */
  summary: string;
  apply: (migration: DrivenMigration, options: ActionOptions, context: TransitionContext) => Transition;
}

const MOVING: readonly Phase[] = ['precheck', 'prepare', 'full', 'incremental', 'cutover'];

export const ACTION_RULES: readonly ActionRule[] = [
  {
    action: 'pause',
    phases: MOVING,
    statuses: ['pending', 'running', 'waiting'],
    summary: 'Keeps what is copied and stops moving data until resumed.',
    apply: pause,
  },
  { action: 'resume', phases: MOVING, statuses: ['paused'], summary: 'Goes on where it was paused.', apply: resume },
  {
    action: 'cancel',
    phases: MOVING,
    statuses: ['pending', 'running', 'waiting', 'paused', 'failed'],
    summary: 'Ends it for good and cleans up half-done uploads; objects already copied stay at the target.',
    apply: cancel,
  },
  {
    action: 'cutover',
    phases: ['incremental'],
    statuses: ['pending', 'running', 'waiting'],
    summary: 'After the round in progress: the final delta and the verification.',
    apply: cutover,
  },
  {
    action: 'finalize',
    phases: ['reversible'],
    statuses: ['waiting'],
    summary: 'Ends it; the signed report becomes final.',
    apply: (migration, _options, context) => enterPhase(migration, 'done', context),
  },
  {
    action: 'rollback',
    phases: ['reversible'],
    statuses: ['waiting'],
    summary: 'Ends it as cancelled: the source, which was never touched, stays in use; the target keeps its copy.',
    apply: rollback,
  },
  {
    action: 'retry',
    phases: MOVING,
    statuses: ['failed'],
    summary: 'Runs the failed phase again; what is already copied is not copied again.',
    apply: (migration, _options, context) => enterPhase(migration, migration.phase, context, migration.round),
  },
];

export function actionRule(action: Action): ActionRule {
  const found = ACTION_RULES.find((rule) => rule.action === action);
  if (!found) throw new Error(`no rule for action ${action}`);
  return found;
}

/** What the user can ask now. */
export function allowedActions(migration: Pick<DrivenMigration, 'phase' | 'status'>): Action[] {
  return ACTIONS.filter((action) => isAllowed(migration, action));
}

function isAllowed(migration: Pick<DrivenMigration, 'phase' | 'status'>, action: Action): boolean {
  const rule = actionRule(action);
  return rule.phases.includes(migration.phase) && rule.statuses.includes(migration.status);
}

/** Raises MIGRATION_ACTION_NOT_ALLOWED, naming the states in which the action is allowed. */
export function applyAction(migration: DrivenMigration, action: Action, options: ActionOptions, context: TransitionContext): Transition {
  const rule = actionRule(action);
  if (isAllowed(migration, action)) return rule.apply(migration, options, context);
  const states = `phase ${rule.phases.join(' | ')} with status ${rule.statuses.join(' | ')}`;
  throw new SmartantError('MIGRATION_ACTION_NOT_ALLOWED', `"${action}" is not allowed in ${migration.phase}/${migration.status}.`, {
    kind: 'precondition',
    hint: `It is allowed in ${states}.${nextHint(migration)}`,
    details: {
      phase: migration.phase,
      status: migration.status,
      allowedPhases: rule.phases.join(','),
      allowedStatuses: rule.statuses.join(','),
    },
  });
}

function nextHint(migration: DrivenMigration): string {
  const actions = allowedActions(migration);
  return actions.length > 0 ? ` Allowed now: ${actions.join(', ')}.` : ' Nothing can be asked of it any more.';
}

function pause(migration: DrivenMigration, _options: ActionOptions, context: TransitionContext): Transition {
  return changed(migration, { status: 'paused', order: pausedOrder(migration) }, 'paused', context);
}

/** A precheck is a single call with nothing to pause at the migrator; between rounds no run goes on. */
function pausedOrder(migration: DrivenMigration): DrivenMigration['order'] {
  if (migration.order === 'none') return 'none';
  return migration.phase === 'precheck' ? 'hold' : 'pause';
}

function resume(migration: DrivenMigration, _options: ActionOptions, context: TransitionContext): Transition {
  if (migration.order === 'none') return changed(migration, { status: 'waiting' }, 'resumed', context);
  if (migration.phase === 'precheck') return changed(migration, { status: 'pending', order: 'start' }, 'resumed', context);
  return changed(migration, { status: 'running', order: 'resume' }, 'resumed', context);
}

function cancel(migration: DrivenMigration, _options: ActionOptions, context: TransitionContext): Transition {
  const order = migration.phase === 'precheck' ? 'none' : 'cancel';
  const timings = closeTiming(migration, 'cancelled', context);
  return changed(migration, { status: 'cancelled', order, notBefore: null, timings }, 'cancelled', context);
}

function cutover(migration: DrivenMigration, options: ActionOptions, context: TransitionContext): Transition {
  const sourceFrozen = options.sourceFrozen ?? migration.spec.cutover.sourceFrozen;
  if (migration.cutoverRequested && sourceFrozen === migration.spec.cutover.sourceFrozen) return unchanged(migration);
  const spec = { ...migration.spec, cutover: { ...migration.spec.cutover, sourceFrozen } };
  const requested = changed(migration, { spec, cutoverRequested: true, notBefore: null }, 'cutover-requested', context);
  return migration.status === 'waiting' ? followedBy(requested, (next) => enterPhase(next, 'cutover', context)) : requested;
}

const ROLLED_BACK: Finding = {
  severity: 'note',
  code: 'ROLLED_BACK',
  message: 'Rolled back: the source was never touched and stays in use; the target keeps its copy.',
  hint: 'Delete the copy at the target when it is not needed.',
  subject: 'both',
};

function rollback(migration: DrivenMigration, _options: ActionOptions, context: TransitionContext): Transition {
  const timings = closeTiming(migration, 'cancelled', context);
  const findings = [...migration.findings, ROLLED_BACK];
  return changed(migration, { phase: 'done', status: 'cancelled', order: 'report', timings, findings }, 'rolled-back', context);
}
