import { toSmartantError } from '@smartant/kernel';
import { forgetMigration, type ForgetTools } from '../forget-migration';
import type { Run } from '../run';
import type { SecretSource } from '../secrets';
import { makeReleaseJob } from './stage-job';
import type { StageStores } from './stage-stores';
import { RELEASE_STAGE, type StagedKind, type StageOutcome } from './staged-kind';

/** A call that forgets a migration has 15 s; the endpoints get most of them. */
const FORGET_PATIENCE_MS = 10_000;
/** For so long a removal is refused while an end does not answer, and asked for again: what is left there may do harm for ever. */
const REMOVAL_PATIENCE_MS = 600_000;

export interface ReleaseMigrationOptions<R extends Run, Outcome extends StageOutcome> extends Omit<ForgetTools, 'stores'> {
  stores: StageStores<R>;
  kind: Pick<StagedKind<R, Outcome>, 'perform' | 'release'>;
  secrets: Pick<SecretSource, 'release'>;
}

/**
 * Forgets a migration: what it left at its endpoints, then every row about it. Raises what is worth another try, for some minutes; after
 * that, and for what trying again does not cure, the migration is forgotten all the same.
 */
export class ReleaseMigration<R extends Run, Outcome extends StageOutcome> {
  constructor(private readonly options: ReleaseMigrationOptions<R, Outcome>) {}

  forget(migrationId: string): Promise<void> {
    return forgetMigration(migrationId, this.options, {
      cleanUp: () => this.release(migrationId),
      leftBehind: this.options.kind.release.forgotten,
      isWorthAnotherTry: (error) => this.isWorthAnotherTry(migrationId, error),
    });
  }

  private async release(migrationId: string): Promise<void> {
    const { unitOfWork, stores, kind, secrets } = this.options;
    if (!(await stores.states.leavesSomething(unitOfWork, migrationId))) return;
    const run = await stores.runs.latest(unitOfWork, migrationId);
    if (!run) return;
    const epoch = await unitOfWork.transaction((tx) => stores.states.takeHold(tx, migrationId, true));
    try {
      const job = makeReleaseJob(run, epoch, this.options);
      const { findings } = await kind.perform(RELEASE_STAGE, job, run, AbortSignal.timeout(FORGET_PATIENCE_MS));
      const left = findings?.find(({ code }) => code === kind.release.leftBehindCode);
      if (left) throw kind.release.notReleased(left);
    } finally {
      secrets.release(run);
    }
  }

  /** Whether what went wrong is to be raised to whoever asked, so that it is asked for again. */
  private async isWorthAnotherTry(migrationId: string, thrown: unknown): Promise<boolean> {
    const { unitOfWork, stores } = this.options;
    const isTimeout = thrown instanceof DOMException && thrown.name === 'TimeoutError';
    if (!isTimeout && !toSmartantError(thrown).retryable) return false;
    return (await stores.states.failingRelease(unitOfWork, migrationId)) < REMOVAL_PATIENCE_MS;
  }
}
