import { SmartantError } from '@smartant/kernel';
import type { HeldShard } from '@smartant/shards';
import type { CopyFailure } from '../objects/copy-object';
import { runFields } from '../ports/observer';
import type { RunContext } from '../runs/run-context';
import type { StageTools } from './stage';

/**
 * Sets a failing unit aside, with its code, attempts and trace id; the rest goes on. Raises QUARANTINE_CAP_REACHED when
 * that makes more than the migration allows, after recording the unit.
 */
export async function quarantine(
  key: string,
  failure: CopyFailure,
  shard: HeldShard,
  context: RunContext,
  tools: StageTools,
): Promise<void> {
  const { run } = context;
  const { error, attempts } = failure;
  const attributes = { ...runFields(run), 'smartant.key': key, 'smartant.attempts': attempts };
  const traceId = tools.observer.failure('quarantine', attributes, error);
  tools.observer.objects('quarantined', 1);
  const open = await tools.unitOfWork.transaction(async (tx) => {
    await tools.shards.assertHeld(tx, shard.claim);
    const { code, message } = error;
    return tools.stores.failures.quarantine(tx, {
      migrationId: run.migrationId,
      runId: run.runId,
      unit: key,
      code,
      message,
      attempts,
      traceId,
    });
  });
  if (open <= run.scope.quarantineCap) return;
  throw new SmartantError(
    'QUARANTINE_CAP_REACHED',
    `${open} objects failed, more than the ${run.scope.quarantineCap} allowed; the last with ${error.code}.`,
    {
      kind: 'precondition',
      hint: 'Look at the failures: they usually share a cause. Remove it and retry, or raise the quarantine cap.',
      details: { lastCode: error.code },
    },
  );
}
