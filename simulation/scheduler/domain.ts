/** The scheduler's real domain code, in the one place where the simulation knows where it lives. */
export { applyAction } from '@smartant/scheduler/domain/migration/actions';
export {
  isAtRest,
  mayResolveSecrets,
  type DrivenMigration,
  type MigrationChange,
  type Transition,
  type TransitionContext,
} from '@smartant/scheduler/domain/migration/driven-migration';
export { nextEffect, type EffectKind } from '@smartant/scheduler/domain/migration/effects';
export { emptyLedger } from '@smartant/scheduler/domain/migration/ledger';
export { DEFAULT_STORAGE_SCOPE, NO_LIMITS, type MigrationSpec } from '@smartant/scheduler/domain/migration/migration-spec';
export type { MigrationError, VerificationSummary } from '@smartant/scheduler/domain/migration/migration';
export type { Phase } from '@smartant/scheduler/domain/migration/phase';
export { hasEnded, type RunState } from '@smartant/scheduler/domain/migration/run-state';
export { stateRule, waitingFor } from '@smartant/scheduler/domain/migration/states';
export {
  applyEpochStale,
  applyPrecheck,
  applyReported,
  applyRunUnknown,
  applyRunUpdate,
  applyStartFailure,
  concludeRemoval,
  createMigration,
  requestRemoval,
  revalidateMigration,
  startNextRound,
} from '@smartant/scheduler/domain/migration/transitions';
