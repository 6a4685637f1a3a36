import type { RunControl, RunKind, SharedView } from '@smartant/runs';
import { toHostLedger, type HostLedger } from '../../domain/host-ledger';
import type { Run, RunOrder } from '../../domain/run';
import { CLEAN_UP_STAGE, firstStage } from '../../domain/stages';

/** A run as callers see it. */
export interface RunView extends SharedView<Run> {
  ledger: HostLedger;
}

export type HostRuns = RunControl<RunOrder, Run, RunView>;

/** What is special about runs that move hosts. */
export const HOST_RUNS: RunKind<RunOrder, Run, RunView> = {
  firstStage,
  cleanUpStage: CLEAN_UP_STAGE,
  begin: (order, state) => ({
    ...order,
    ...state,
    verification: null,
    boot: null,
    prediction: null,
    frozenAt: null,
    openedAt: null,
  }),
  // A source whose services are stopped must not stay so for as long as somebody likes.
  mayPause: ({ phase }) => phase !== 'cutover' && phase !== 'rollback',
  view: (shared) => Promise.resolve({ ...shared, ledger: toHostLedger(shared.counters) }),
};
