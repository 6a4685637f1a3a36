import type { SmartantError } from '@smartant/kernel';
import type { Finding, Run, RunError, RunStatus, Verification } from '../../domain/run';
import { hasEnded } from '../../domain/run';
import type { RunEvents } from '../ports/observer';
import type { Stores, Tx, UnitOfWork } from '../ports/stores';
import type { Claim, ShardStore } from '@smartant/shards';

export interface EndTools {
  unitOfWork: UnitOfWork;
  stores: Stores;
  shards: ShardStore;
  events: RunEvents;
}

export interface Ending {
  status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>;
  error?: RunError;
  verification?: Verification;
  findings?: Finding[];
}

/** Ends a run once: later endings change nothing. State, shards and the event to the scheduler are one transaction. */
export async function endRun(tx: Tx, runId: string, ending: Ending, tools: EndTools): Promise<void> {
  await tools.shards.lockRun(tx, runId);
  const run = await tools.stores.runs.find(tx, runId);
  if (!run || hasEnded(run.status)) return;
  const { status, error = null, verification = run.verification, findings = [] } = ending;
  await tools.shards.setRunState(tx, runId, 'ended');
  await tools.stores.runs.update(tx, runId, {
    status,
    error,
    verification,
    findings: [...run.findings, ...findings],
    finishedAt: new Date().toISOString(),
  });
  await tools.events.ended(tx, { ...run, status });
}

export function failureOf(error: SmartantError): RunError {
  return { code: error.code, message: error.message, hint: error.hint ?? '', retryable: error.retryable };
}

/** Fails a run in the name of a shard. Raises SHARD_LEASE_LOST when another worker goes on with it, or the run is being cancelled. */
export function failRun(run: Pick<Run, 'runId'>, error: SmartantError, tools: EndTools, claim: Claim): Promise<void> {
  return tools.unitOfWork.transaction(async (tx) => {
    await tools.shards.lockRun(tx, run.runId);
    await tools.shards.assertHeld(tx, claim);
    await endRun(tx, run.runId, { status: 'failed', error: failureOf(error) }, tools);
  });
}
