import type { ProgressBroadcastOptions } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';

/** A run's ledger as it is: checkpoints hold it to the second. Rates are those of files. */
export const hostProgress: ProgressBroadcastOptions<RunView>['progress'] = ({ ledger }) => ({
  ledger,
  unitsDone: ledger.copiedFiles + ledger.verifiedFiles,
});
