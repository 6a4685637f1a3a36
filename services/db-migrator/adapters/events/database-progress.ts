import type { ProgressBroadcastOptions } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';

/** A run's ledger as it is: checkpoints hold it to the second. Rates are those of rows and changes. */
export const databaseProgress: ProgressBroadcastOptions<RunView>['progress'] = ({ ledger }) => ({
  ledger,
  unitsDone: ledger.copiedRows + ledger.appliedChanges + ledger.verifiedRows,
});
