import { hasEnded, type RunKind, type SharedView } from '@smartant/runs';
import type { Run, RunOrder } from '../../domain/run';
import { CLEAN_UP_STAGE, firstStage } from '../../domain/stages';
import { toStorageLedger, type StorageLedger } from '../../domain/storage-ledger';
import type { Stores, UnitOfWork } from '../ports/stores';

/** A run as callers see it. */
export interface RunView extends SharedView<Run> {
  ledger: StorageLedger;
  /** Bytes at the target of objects that are not whole yet; not in the ledger, which counts whole objects. 0 once the run has ended. */
  partialBytes: number;
}

/** What is special about runs that move objects. */
export function storageRuns(unitOfWork: UnitOfWork, stores: Pick<Stores, 'uploads'>): RunKind<RunOrder, Run, RunView> {
  return {
    firstStage: ({ phase }) => firstStage(phase),
    cleanUpStage: CLEAN_UP_STAGE,
    begin: (order, state) => ({ ...order, ...state, plan: null, verification: null }),
    view: async (shared) => ({
      ...shared,
      ledger: toStorageLedger(shared.counters),
      partialBytes: hasEnded(shared.run.status) ? 0 : await stores.uploads.storedBytes(unitOfWork, shared.run.migrationId),
    }),
  };
}
