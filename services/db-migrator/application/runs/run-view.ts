import type { RunControl, RunKind, SharedView, StateStore } from '@smartant/runs';
import { toDatabaseLedger, type DatabaseLedger } from '../../domain/database-ledger';
import type { Run, RunOrder } from '../../domain/run';
import { CLEAN_UP_STAGE, firstStage, OPENING } from '../../domain/stages';

/** A run as callers see it. */
export interface RunView extends SharedView<Run> {
  ledger: DatabaseLedger;
}

export type DatabaseRuns = RunControl<RunOrder, Run, RunView>;

/** What is special about runs that move databases. */
export function databaseRuns(states: Pick<StateStore, 'loadLocked'>): RunKind<RunOrder, Run, RunView> {
  return {
    firstStage,
    cleanUpStage: CLEAN_UP_STAGE,
    begin: (order, state) => ({ ...order, ...state, verification: null, stream: null, frozenAt: null, openedAt: null }),
    // Whoever opens the target may be about to say so: giving the source back then would leave two databases in use.
    isPastCancelling: async (tx, { phase, migrationId }) =>
      phase === 'cutover' && (await states.loadLocked(tx, migrationId))[OPENING] === true,
    // A database that is frozen must not stay so for as long as somebody likes.
    mayPause: ({ phase }) => phase !== 'cutover' && phase !== 'rollback',
    view: (shared) => Promise.resolve({ ...shared, ledger: toDatabaseLedger(shared.counters) }),
  };
}
