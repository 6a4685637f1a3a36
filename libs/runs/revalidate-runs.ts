import { SmartantError } from '@smartant/kernel';
import type { Transaction } from '@smartant/platform/postgres';
import { ShardStore, type ShardStoreOptions } from '@smartant/shards';
import { endRun, failureOf, type EndTools } from './end-run';
import type { Tx } from './stores';

/** How holders of shards work, see `ShardStoreOptions`. */
export type HolderTimes = Pick<ShardStoreOptions, 'leaseMs' | 'writeDeadlineMs'>;

/**
 * Commits that were acknowledged are gone: what is recorded of a run may be older than what was done for it. Each run that has not ended
 * does so with RUN_REVALIDATE, and its shards with it, so that nothing that was claimed before is ever held again; the scheduler
 * starts the phase anew. One that is being cancelled is cleaned up after from the beginning. Nothing is deleted or proved before the last
 * moment at which anyone who worked then could still write.
 */
export async function revalidateRuns(
  tx: Tx,
  tools: Pick<EndTools, 'stores' | 'events'> & { cleanUpStage: string },
  times: HolderTimes,
): Promise<void> {
  const shards = storeWithin(tx, times);
  for (const { runId, status } of await tools.stores.runs.allUnfinished(tx)) {
    if (status === 'cancelling') {
      await shards.cancelShards(tx, runId);
      await shards.setRunState(tx, runId, 'active');
      await shards.addShards(tx, runId, [{ kind: tools.cleanUpStage, ordinal: 0, range: null, writes: false }]);
    } else {
      await endRun(tx, runId, { status: 'failed', error: failureOf(toBeRevalidated(runId)) }, { ...tools, shards });
    }
  }
  await shards.anyoneMayLandLate(tx);
}

/** Work goes on although somebody who might have lost something was not heard: what it sent lands before anything is proved. */
export async function expectLateWrites(tx: Tx, times: HolderTimes): Promise<void> {
  await storeWithin(tx, times).anyoneMayLandLate(tx);
}

function storeWithin(tx: Tx, times: HolderTimes): ShardStore {
  return new ShardStore({ query: (sql, params) => tx.query(sql, params), transaction: (work) => work(tx as Transaction) }, times);
}

function toBeRevalidated(runId: string): SmartantError {
  return new SmartantError('RUN_REVALIDATE', `Run ${runId} was ended because the database lost commits that it had acknowledged.`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    actor: 'operator',
    hint: 'The phase is done again under a new run; what is copied is not copied again. Nothing needs to be done.',
  });
}
