import { SmartantError } from '@smartant/kernel';
import type { Claim, ShardStore } from '@smartant/shards';
import { runFields, type Observer } from './observer';
import type { Run } from './run';
import type { FailureStore, UnitOfWork } from './stores';

export interface QuarantineTools {
  unitOfWork: UnitOfWork;
  stores: { failures: FailureStore };
  shards: ShardStore;
  observer: Observer;
}

/** Span attributes that name a unit of work. */
export type UnitAttribute = 'smartant.key' | 'smartant.table' | 'smartant.path';

/** What failed, after how many attempts. `units`: what such things are called in messages, for example "objects". */
export interface FailedUnit {
  unit: string;
  units: string;
  error: SmartantError;
  attempts: number;
  /** The span attribute that names such a unit; `smartant.key` when absent. */
  names?: UnitAttribute;
}

/**
 * Sets a failing unit aside, with its code, attempts and trace id; the rest goes on. Raises QUARANTINE_CAP_REACHED when
 * that makes more than the migration allows, after recording the unit.
 */
export async function quarantine(failed: FailedUnit, claim: Claim, run: Run, tools: QuarantineTools): Promise<void> {
  const { unit, units, error, attempts } = failed;
  const attributes = { ...runFields(run), [failed.names ?? 'smartant.key']: unit, 'smartant.attempts': attempts };
  const traceId = tools.observer.failure('quarantine', attributes, error);
  const open = await tools.unitOfWork.transaction(async (tx) => {
    await tools.shards.assertHeld(tx, claim);
    const { code, message } = error;
    return tools.stores.failures.quarantine(tx, {
      migrationId: run.migrationId,
      runId: run.runId,
      unit,
      code,
      message,
      attempts,
      traceId,
    });
  });
  if (open <= run.scope.quarantineCap) return;
  throw new SmartantError(
    'QUARANTINE_CAP_REACHED',
    `${open} ${units} failed, more than the ${run.scope.quarantineCap} allowed; the last with ${error.code}.`,
    {
      kind: 'precondition',
      hint: 'Look at the failures: they usually share a cause. Remove it and retry, or raise the quarantine cap.',
      details: { lastCode: error.code },
    },
  );
}
