import { counter } from '@smartant/platform/metrics';
import { PlatformObserver } from '@smartant/runs/adapters';
import type { Observer } from '../../application/ports/observer';

const bytesMoved = counter('smartant_storage_bytes_total', 'Bytes read and written by copies, and read by verification.', ['stage']);
const objectsDone = counter('smartant_storage_objects_total', 'Objects by outcome.', ['outcome']);
const retries = counter('smartant_storage_retries_total', 'Requests repeated after a passing failure.', ['code']);

/** With the metrics of objects. */
export class StorageObserver extends PlatformObserver implements Observer {
  transferred(bytes: number, stage: string): void {
    bytesMoved.inc({ stage }, bytes);
  }

  objects(outcome: string, count: number): void {
    objectsDone.inc({ outcome }, count);
  }

  retried(code: string): void {
    retries.inc({ code });
  }
}
