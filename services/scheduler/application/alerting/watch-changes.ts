import type { DrivenMigration, MigrationChange } from '../../domain/migration/driven-migration';
import type { EffectObserver } from '../ports/effect-observer';

/** What happened to a migration that a rule may see at once. */
const TELLING: readonly MigrationChange['change'][] = ['phase-failed', 'stuck', 'unstuck', 'deleted', 'cancelled'];

/** The observer, and somebody who is told the migrations whose alerts may begin or end with a change. */
export function watchChanges(observer: EffectObserver, lookSoonAt: (migrationId: string) => void): EffectObserver {
  return {
    claimed: (overdueMs) => observer.claimed(overdueMs),
    traceContext: () => observer.traceContext(),
    effect: (kind, migration, work) => observer.effect(kind, migration, work),
    notThrough: (kind, migration, error, retryInMs) => observer.notThrough(kind, migration, error, retryInMs),
    loopFailed: (error) => observer.loopFailed(error),
    changed: (before, after, changes) => {
      observer.changed(before, after, changes);
      if (isTelling(before, after, changes)) lookSoonAt(after.id);
    },
  };
}

function isTelling(before: DrivenMigration, after: DrivenMigration, changes: readonly MigrationChange[]): boolean {
  return changes.some(({ change }) => TELLING.includes(change)) || (before.status === 'failed') !== (after.status === 'failed');
}
