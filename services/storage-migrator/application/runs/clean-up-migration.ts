import { forgetMigration, type ForgetTools } from '@smartant/runs';
import type { Observer } from '../ports/observer';
import type { Stores } from '../ports/stores';
import { abortUploads } from '../stages/abort-uploads';
import type { RunContexts } from './run-contexts';

/** A call that forgets a migration has 15 s; the target gets most of them. */
const PATIENCE_MS = 10_000;

/** Forgets a migration: its half-done uploads at the target, then every row about it. */
export class CleanUpMigration {
  constructor(private readonly options: Omit<ForgetTools, 'stores'> & { stores: Stores; contexts: RunContexts; observer: Observer }) {}

  forget(migrationId: string): Promise<void> {
    return forgetMigration(migrationId, this.options, {
      cleanUp: () => this.abortUploads(migrationId),
      leftBehind: 'uploads of a removed migration are left at the target',
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
