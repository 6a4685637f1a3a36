import { toSmartantError } from '@smartant/kernel';
import type { Finding, StageResult } from '../../../application/ports/database-engine';
import { loadFreezeRecord } from '../cutover/freeze-record';
import { release } from '../cutover/release';
import { thaw } from './cut-over';
import type { OpenJob } from './open-job';
import { openedOrClosed } from './opened-target';
import { thawTarget } from './roll-back';

/**
 * Nothing of the migration stays at either end but what was moved. A side that was frozen for what never came takes writes again: the source when
 * the target is closed, the target when a rollback did not reach the source. An end that is gone is told, and does not hold up the other.
 */
export async function releaseAll(open: OpenJob, signal: AbortSignal): Promise<StageResult> {
  const { job, source, target } = open;
  const findings: Finding[] = [];
  const tried = async (subject: 'source' | 'target', work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      signal.throwIfAborted();
      const isFrozen = (await loadFreezeRecord(job.state, subject)) !== null;
      job.warn('a side was not opened for writing', { subject, isFrozen }, error);
      if (isFrozen) findings.push(stillFrozen(subject, toSmartantError(error).message));
    }
  };
  await tried('source', async () => {
    if ((await openedOrClosed(open, signal)) === null) await thaw(open);
  });
  await tried('target', async () => {
    if ((await loadFreezeRecord(job.state, 'target')) && !(await open.state.load()).givenBack) await thawTarget(open, signal);
  });
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

/** Its code is that of what is left, so that it is tried again as long as that is. */
function stillFrozen(subject: 'source' | 'target', reason: string): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_LEFT_BEHIND',
    message: `The ${subject} could not be opened for writing again: ${reason}`,
    hint: 'See which side is in use. To open it by hand: ALTER DATABASE … RESET default_transaction_read_only, and grant CONNECT again.',
    subject,
  };
}
