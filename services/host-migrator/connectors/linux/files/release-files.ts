import { SmartantError } from '@smartant/kernel';
import { revokeKey } from './migration-key';
import type { FilesOptions } from './files-options';
import { removeWorkDirectories } from './work-directory';

/**
 * Takes away what a migration has left at both ends, also after a crash: the key and what it may start, and all directories of ours. Both
 * ends are tried before a failure of either is raised.
 */
export async function releaseFiles(
  migrationId: string,
  { source, target }: { source: FilesOptions['source'] | null; target: FilesOptions['target'] | null },
  signal: AbortSignal,
): Promise<void> {
  const outcomes = await Promise.allSettled([
    source ? removeWorkDirectories(source, migrationId, signal) : undefined,
    target ? revokeKey(target, migrationId, signal).then(() => removeWorkDirectories(target, migrationId, signal)) : undefined,
  ]);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure)
    throw failure.reason instanceof SmartantError ? failure.reason : new Error('A host could not be cleaned.', { cause: failure.reason });
}
