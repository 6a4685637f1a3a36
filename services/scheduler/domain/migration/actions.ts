import { advance, allowedEvents } from './advance';
import type { DrivenMigration, Transition, TransitionContext } from './driven-migration';
import { ACTIONS, type Action } from './phase';
import type { State } from './states';

export interface ActionOptions {
  /** Cutover only: the operator's word that nothing writes to the source any more. Absent: as the specification says. */
  sourceFrozen?: boolean;
}

/** What the user can ask now. */
export function allowedActions(migration: State): Action[] {
  return allowedEvents(migration, ACTIONS) as Action[];
}

/** Raises MIGRATION_ACTION_NOT_ALLOWED, naming the states in which the action is allowed. */
export function applyAction(migration: DrivenMigration, action: Action, options: ActionOptions, context: TransitionContext): Transition {
  return advance(migration, action === 'cutover' ? { type: action, ...options } : { type: action }, context);
}
