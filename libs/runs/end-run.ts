import type { SmartantError } from '@smartant/kernel';
import type { Claim, ShardStore } from '@smartant/shards';
import { runFields, type Observer, type RunEvents } from './observer';
import { hasEnded, type Finding, type Run, type RunError, type RunStatus } from './run';
import type { RunStore, Tx, UnitOfWork } from './stores';

/** What it takes to end a run. */
export interface EndTools<R extends Run = Run> {
  unitOfWork: UnitOfWork;
  stores: { runs: RunStore<R> };
  shards: ShardStore;
  events: RunEvents;
  observer: Observer;
}

/** A run as it has just ended. */
export type EndedRun = Pick<Run, 'workspaceId' | 'migrationId' | 'runId' | 'phase' | 'status' | 'error'>;

export interface Ending {
  status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>;
  error?: RunError;
  verification?: object;
  findings?: Finding[];
}

/**
 * Ends a run once: later endings change nothing, and resolve with null. State, shards and the event to the scheduler are
 * one transaction; what was ended is logged by `logEnd` after it.
 */
export async function endRun(
  tx: Tx,
  runId: string,
  ending: Ending,
  tools: Pick<EndTools, 'stores' | 'shards' | 'events'>,
): Promise<EndedRun | null> {
  await tools.shards.lockRun(tx, runId);
  const run = await tools.stores.runs.find(tx, runId);
  if (!run || hasEnded(run.status)) return null;
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
  return { ...run, status, error };
}

/** One line for a run that has ended; none for null. */
export function logEnd(run: EndedRun | null, observer: Observer): void {
  if (!run) return;
  const fields = { ...runFields(run), status: run.status };
  if (run.error) observer.warn('run ended', { ...fields, code: run.error.code, retryable: run.error.retryable });
  else observer.info('run ended', fields);
}

export function failureOf(error: SmartantError): RunError {
  return { code: error.code, message: error.message, hint: error.hint ?? '', retryable: error.retryable };
}

/** Fails a run in the name of a shard. Raises SHARD_LEASE_LOST when another worker goes on with it, or the run is being cancelled. */
export async function failRun(run: Pick<Run, 'runId'>, error: SmartantError, tools: EndTools, claim: Claim): Promise<void> {
  const ended = await tools.unitOfWork.transaction(async (tx) => {
    await tools.shards.lockRun(tx, run.runId);
    await tools.shards.assertHeld(tx, claim);
    return endRun(tx, run.runId, { status: 'failed', error: failureOf(error) }, tools);
  });
  logEnd(ended, tools.observer);
}
