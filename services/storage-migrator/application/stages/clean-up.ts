import { SmartantError, toSmartantError } from '@smartant/kernel';
import { endRun, logEnd, type EndedRun, type Finding } from '@smartant/runs';
import type { Tx } from '../ports/stores';
import { abortUploads } from './abort-uploads';
import type { StageWork } from './stage';

/** After this long a cancelled run is let go although its target does not answer. */
const PATIENCE_MS = 120_000;

/** A cancelled run leaves nothing half done at the target; what can't be cleaned up is said. */
export const cleanUp: StageWork = async (shard, context, tools) => {
  let left: Finding[] = [];
  try {
    await abortUploads(shard, context, tools);
    await context.writer.removeTrials?.(shard.signal);
  } catch (thrown) {
    if (shard.signal.aborted) throw thrown;
    const error = toSmartantError(thrown);
    if (error.retryable && shard.claim.failingForMs < PATIENCE_MS) throw error;
    left = [leftBehind(error)];
  }
  const ending = { status: 'cancelled' as const, findings: left };
  let ended: EndedRun | null = null;
  const onLast = async (tx: Tx): Promise<void> => void (ended = await endRun(tx, context.run.runId, ending, tools));
  await shard.complete({ position: null, ledger: {} }, { onLast });
  logEnd(ended, tools.observer);
};

function leftBehind(error: SmartantError): Finding {
  return {
    severity: 'warning',
    code: 'UPLOADS_LEFT_BEHIND',
    message: `Unfinished multipart uploads or scratch objects could not be removed from the target: ${error.message}`,
    hint: 'List and abort them with your own tools, or set a lifecycle rule that aborts incomplete uploads.',
    subject: 'target',
  };
}
