import { allowedActions } from './actions';
import type { DrivenMigration } from './driven-migration';
import type { Migration } from './migration';
import type { Action } from './phase';
import { waitingFor, type WaitingFor } from './states';

/** A migration as users see it: without the driver's own fields, and with the reason why it stands still. */
export interface MigrationView extends Migration {
  /** Null while something is being done for it, and when it has ended. */
  waitingFor: WaitingFor | null;
  /** What a user may ask of it now. */
  allowedActions: Action[];
}

export function publicView(migration: DrivenMigration): MigrationView {
  const {
    order: _order,
    finishedLedger: _finished,
    notBefore: _notBefore,
    attempts: _attempts,
    limitsDue: _limits,
    opensAt: _opensAt,
    runWait: _runWait,
    caughtUpSince: _caughtUp,
    revalidatedFor: _revalidated,
    traceContext: _trace,
    ...view
  } = migration;
  return { ...view, waitingFor: waitingFor(migration), allowedActions: allowedActions(migration) };
}
