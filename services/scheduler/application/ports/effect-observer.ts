import type { DrivenMigration, MigrationChange } from '../../domain/migration/driven-migration';
import type { EffectKind } from '../../domain/migration/effects';

/** Makes what the driver does visible: spans, metrics and log lines. */
export interface EffectObserver {
  /** A migration was claimed that had been due for so long. */
  claimed(overdueMs: number): void;
  /** The trace context of the caller, to be continued by `effect`. */
  traceContext(): Record<string, string>;
  /** Runs an effect inside a span of the migration's own trace, with its outcome counted. */
  effect<T>(kind: EffectKind, migration: DrivenMigration, work: () => Promise<T>): Promise<T>;
  /** An effect did not get through and is tried again. */
  notThrough(kind: EffectKind, migration: DrivenMigration, error: unknown, retryInMs: number): void;
  /** The driver's own loop failed (database away): it goes on. */
  loopFailed(error: unknown): void;
  /** Changes that were stored. */
  changed(before: DrivenMigration, after: DrivenMigration, changes: MigrationChange[]): void;
}
