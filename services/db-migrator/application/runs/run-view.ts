import type { RunControl, RunKind, SharedView } from '@smartant/runs';
import { toDatabaseLedger, type DatabaseLedger } from '../../domain/database-ledger';
import type { Run, RunOrder } from '../../domain/run';
import { CLEAN_UP_STAGE, firstStage } from '../../domain/stages';

/** A run as callers see it. */
export interface RunView extends SharedView<Run> {
  ledger: DatabaseLedger;
}

export type DatabaseRuns = RunControl<RunOrder, Run, RunView>;

/** What is special about runs that move databases. */
export const databaseRuns: RunKind<RunOrder, Run, RunView> = {
  firstStage,
  cleanUpStage: CLEAN_UP_STAGE,
  begin: (order, state) => ({ ...order, ...state, verification: null, stream: null, frozenAt: null, openedAt: null }),
  view: (shared) => Promise.resolve({ ...shared, ledger: toDatabaseLedger(shared.counters) }),
};
