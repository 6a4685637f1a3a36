import { SmartantError } from '@smartant/kernel';
import { compareLargeObjects } from '../verify/compare-large-objects';
import { drawSeed } from '../verify/verify-tables';
import { copyObjects, plainSnapshot } from './copy-data';
import { applicationName, withSession, type OpenJob } from './open-job';
import { largeObjectsAside } from './verify-all';

/**
 * Copies large objects anew where they were written since: no stream carries them. In the freeze, so that nobody writes any more. All of them are copied
 * where one differs; where none does, they are only compared.
 */
export async function bringLargeObjects(open: OpenJob, signal: AbortSignal): Promise<void> {
  const { job } = open;
  if (!job.scope.largeObjects || !(await differ(open, signal))) return;
  job.info('large objects have changed since they were copied, and are copied anew', {});
  const snapshot = await plainSnapshot(open, signal);
  try {
    // Their bytes were counted when they were copied first.
    await copyObjects(open, snapshot, () => undefined, signal);
  } finally {
    await snapshot.close();
  }
}

async function differ(open: OpenJob, signal: AbortSignal): Promise<boolean> {
  const { job, source, target } = open;
  const name = applicationName(job, 'large objects');
  const excluded = await largeObjectsAside(open);
  return withSession(source, name, signal, (from) =>
    withSession(target, name, signal, async (to) => {
      const asked = { source: from, target: to, migrationId: job.migrationId, seed: drawSeed(), excluded, signal };
      try {
        return (await compareLargeObjects(asked)).differenceCount > 0;
      } catch (error) {
        // One that may not be read: copying puts just that one aside.
        if (!(error instanceof SmartantError) || error.retryable || error.details['sqlState'] === undefined) throw error;
        return true;
      }
    }),
  );
}
