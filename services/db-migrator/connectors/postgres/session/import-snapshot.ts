import { SmartantError } from '@smartant/kernel';
import { quoteText } from '../catalog/catalog';

/** Not there (any more), its exporter has ended, or it is of another database. */
const GONE: readonly unknown[] = ['22023', '42704', '55000', '0A000'];

/** Inside a transaction that has read nothing yet; `snapshotRefused` tells what the server says of it. */
export function importSnapshotSql(snapshot: string): string {
  return `SET TRANSACTION SNAPSHOT ${quoteText(snapshot)}`;
}

/** The snapshot cannot be read under any more: its exporter has gone. The caller makes a new one. */
export function snapshotLost(message: string, { table, cause }: { table?: string; cause?: unknown } = {}): SmartantError {
  return new SmartantError('DATABASE_SNAPSHOT_LOST', message, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    ...(table !== undefined && { details: { table } }),
    cause,
  });
}

/** What importing a snapshot raised. Raises DATABASE_SNAPSHOT_LOST, else the error itself. */
export function snapshotRefused(error: unknown): never {
  const isGone = error instanceof SmartantError && GONE.includes(error.details['sqlState']);
  throw isGone ? snapshotLost('The snapshot of the database is not there any more.', { cause: error }) : error;
}
