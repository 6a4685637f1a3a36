import type { DatabaseScope } from './database-scope';
import type { EffectTrouble, MigrationError } from './migration';
import type { Limits } from './migration-spec';
import { ACTIONS, type Action } from './phase';
import type { PrecheckOutcome, RunState } from './run-state';

/** Everything that can happen to a migration. What users ask comes first, then what effects brought. */
export type MigrationEvent =
  | { [T in Exclude<Action, 'cutover'>]: { type: T } }[Exclude<Action, 'cutover'>]
  | { type: 'cutover'; sourceFrozen?: boolean | undefined }
  | { type: 'remove' }
  | { type: 'set-limits'; limits: Limits }
  | { type: 'retry-failures' }
  | { type: 'change-tables'; database: DatabaseScope }
  | { type: 'prechecked'; outcome: PrecheckOutcome }
  | { type: 'start-refused'; error: MigrationError }
  | { type: 'epoch-stale'; highestEpoch: number }
  | { [T in RunEventType]: { type: T; run: RunState } }[RunEventType]
  | { type: 'run-unknown' }
  | { type: 'limits-told' }
  | { type: 'round-due' }
  | { type: 'report-stored' }
  | { type: 'removed' }
  | { type: 'effect-stuck'; trouble: EffectTrouble }
  | { type: 'revalidate'; incarnation: string };

export type RunEventType = 'run-goes-on' | 'run-paused' | 'run-succeeded' | 'run-failed';
export type EventType = MigrationEvent['type'];

/** What a user asks: refused with MIGRATION_ACTION_NOT_ALLOWED where it is not allowed. */
export const USER_EVENTS = [...ACTIONS, 'remove', 'set-limits', 'retry-failures', 'change-tables'] as const satisfies readonly EventType[];

/** What effects and the surroundings bring: refused with MIGRATION_EVENT_UNEXPECTED where no effect can have brought it. */
export const FACT_EVENTS = [
  'prechecked',
  'start-refused',
  'epoch-stale',
  'run-goes-on',
  'run-paused',
  'run-succeeded',
  'run-failed',
  'run-unknown',
  'limits-told',
  'round-due',
  'report-stored',
  'removed',
  'effect-stuck',
  'revalidate',
] as const satisfies readonly EventType[];

/** A run that was ended by somebody else counts as failed: it is tried again. */
export function runEvent(run: RunState): MigrationEvent {
  if (run.status === 'succeeded') return { type: 'run-succeeded', run };
  if (run.status === 'failed' || run.status === 'cancelled') return { type: 'run-failed', run };
  return { type: run.status === 'paused' ? 'run-paused' : 'run-goes-on', run };
}
