import { counter } from '@smartant/platform/metrics';
import { PlatformObserver } from '@smartant/runs/adapters';
import type { Observer } from '../../application/ports/observer';
import type { HostCounts } from '../../domain/host-ledger';

const bytes = counter('smartant_host_bytes_total', 'Bytes of files copied and verified.', ['stage']);
const files = counter('smartant_host_files_total', 'Files copied, deleted and verified.', ['stage']);

/** With the metrics of hosts. */
export class HostObserver extends PlatformObserver implements Observer {
  counted({ copiedBytes = 0, verifiedBytes = 0, copiedFiles = 0, deletedFiles = 0, verifiedFiles = 0 }: HostCounts, stage: string): void {
    const [moved, done] = [copiedBytes + verifiedBytes, copiedFiles + deletedFiles + verifiedFiles];
    // What is counted negatively was undone; a metric only grows.
    if (moved > 0) bytes.inc({ stage }, moved);
    if (done > 0) files.inc({ stage }, done);
  }
}
