import { counter } from '@smartant/platform/metrics';
import { PlatformObserver } from '@smartant/runs/adapters';
import type { Observer } from '../../application/ports/observer';
import type { DatabaseCounts } from '../../domain/database-ledger';

const bytes = counter('smartant_database_bytes_total', 'Bytes copied, applied and verified.', ['stage']);
const rows = counter('smartant_database_rows_total', 'Rows copied, changes applied and rows verified.', ['stage']);

/** With the metrics of databases. */
export class DatabaseObserver extends PlatformObserver implements Observer {
  counted(
    { copiedBytes = 0, appliedBytes = 0, verifiedBytes = 0, copiedRows = 0, appliedChanges = 0, verifiedRows = 0 }: DatabaseCounts,
    stage: string,
  ): void {
    const [moved, done] = [copiedBytes + appliedBytes + verifiedBytes, copiedRows + appliedChanges + verifiedRows];
    // What is counted negatively was undone; a metric only grows.
    if (moved > 0) bytes.inc({ stage }, moved);
    if (done > 0) rows.inc({ stage }, done);
  }
}
