import type { ShardStore } from '@smartant/shards';
import type { Observer } from '../ports/observer';
import type { Stores, UnitOfWork } from '../ports/stores';
import { abortUploads } from '../stages/abort-uploads';
import type { RunContexts } from './run-contexts';
import type { RunLimits } from './run-limits';

/** A call that forgets a migration has 15 s; the target gets most of them. */
const PATIENCE_MS = 10_000;

/** Forgets a migration: its half-done uploads at the target, then every row about it. */
export class CleanUpMigration {
  constructor(
    private readonly options: {
      unitOfWork: UnitOfWork;
      stores: Stores;
      shards: ShardStore;
      contexts: RunContexts;
      limits: RunLimits;
      observer: Observer;
    },
  ) {}

  async forget(migrationId: string): Promise<void> {
    const { unitOfWork, stores, shards, observer } = this.options;
    try {
      await this.abortUploads(migrationId);
    } catch (error) {
      // The user wants it gone, and its credentials may be gone already.
      observer.warn('uploads of a removed migration are left at the target', { 'smartant.migration': migrationId }, error);
    }
    await unitOfWork.transaction(async (tx) => {
      await shards.forgetMigration(tx, migrationId);
      await this.options.limits.forget(tx, migrationId);
      await stores.runs.forgetMigration(tx, migrationId);
    });
  }

  private async abortUploads(migrationId: string): Promise<void> {
    const { unitOfWork, stores, contexts } = this.options;
    const left = await stores.uploads.some(unitOfWork, migrationId, 1);
    const intended = await stores.uploads.intents(unitOfWork, migrationId, { limit: 1 });
    const run = left.length + intended.length > 0 && (await stores.runs.latest(unitOfWork, migrationId));
    if (!run) return;
    // No shard and no lease: the run has ended, and nobody works for this migration any more.
    const holder = { signal: AbortSignal.timeout(PATIENCE_MS), assertFresh: () => undefined };
    await contexts.use(run, false, (context) => abortUploads(holder, context, this.options));
  }
}
