import type { ProgressBroadcastOptions } from '@smartant/runs/adapters';
import type { RunView } from '../../application/runs/run-view';

/** A run's ledger with bytes of objects that are not whole yet. */
export const storageProgress: ProgressBroadcastOptions<RunView>['progress'] = ({ ledger, partialBytes }, unsavedBytes) => {
  const bytes =
    ledger.verifiedObjects > 0
      ? { verifiedBytes: ledger.verifiedBytes + unsavedBytes }
      : { copiedBytes: ledger.copiedBytes + Math.max(unsavedBytes, partialBytes) };
  return { ledger: { ...ledger, ...bytes }, unitsDone: ledger.copiedObjects + ledger.unchangedObjects + ledger.verifiedObjects };
};
