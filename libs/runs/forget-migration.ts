import type { ShardStore } from '@smartant/shards';
import type { Observer } from './observer';
import type { RunLimits } from './run-limits';
import type { RunStore, UnitOfWork } from './stores';

export interface ForgetTools {
  unitOfWork: UnitOfWork;
  stores: { runs: RunStore };
  shards: ShardStore;
  limits: RunLimits;
  observer: Observer;
}

/**
 * Forgets a migration that nobody works for any more: first `cleanUp`, which takes away what it left at its endpoints, then every row
 * about it. A clean-up that fails is raised where it is worth another try, else logged as `leftBehind`: the user wants the migration gone,
 * and its credentials may be gone already.
 */
export async function forgetMigration(
  migrationId: string,
  tools: ForgetTools,
  clean: { cleanUp: () => Promise<void>; leftBehind: string; isWorthAnotherTry?: (error: unknown) => Promise<boolean> },
): Promise<void> {
  const { unitOfWork, stores, shards, limits, observer } = tools;
  try {
    await clean.cleanUp();
  } catch (error) {
    if (await clean.isWorthAnotherTry?.(error)) throw error;
    observer.warn(clean.leftBehind, { 'smartant.migration': migrationId }, error);
  }
  await unitOfWork.transaction(async (tx) => {
    await shards.forgetMigration(tx, migrationId);
    await limits.forget(tx, migrationId);
    await stores.runs.forgetMigration(tx, migrationId);
  });
}
