import type { Finding, StageResult } from '../../../application/ports/database-engine';
import { targetOpenedAt } from '../cutover/open-target';
import { release } from '../cutover/release';
import { thaw } from './cut-over';
import { applicationName, withSession, type OpenJob } from './open-job';

/** Nothing of the migration stays at either end but what was moved. A source that was frozen for a cutover which never came takes writes again. */
export async function releaseAll(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, source, target } = open;
  const findings: Finding[] = [];
  const openedAt = await withSession(target, applicationName(job, 'release'), signal, (session) =>
    targetOpenedAt(session, job.migrationId, signal),
  ).catch((error: unknown) => {
    job.warn('the target does not tell whether it was opened', {}, error);
    return undefined;
  });
  // Opened, or nobody knows: then writes at the source could be lost ones.
  if (openedAt === null) await thaw(open);
  const { left } = await release(source, target, job.migrationId, signal);
  for (const { subject, object, reason } of left) {
    findings.push({
      severity: 'warning',
      code: 'DATABASE_LEFT_BEHIND',
      message: `Not taken away at the ${subject}: ${object} (${reason}).`,
      hint: 'Drop what begins with "smartant" there yourself: a replication slot that is left keeps the log from being removed.',
      subject,
    });
  }
  return { findings };
}
