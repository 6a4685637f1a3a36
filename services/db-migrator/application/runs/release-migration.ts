import { SmartantError, toSmartantError } from '@smartant/kernel';
import { forgetMigration, runFields, type Finding, type ForgetTools } from '@smartant/runs';
import type { Run } from '../../domain/run';
import type { DatabaseEngine, DatabaseJob } from '../ports/database-engine';
import type { SecretSource } from '../ports/secrets';
import type { Stores } from '../ports/stores';
import { toDatabaseEndpoint } from './make-job';

/** After this long a cancelled run is let go although an end does not answer. */
export const RELEASE_PATIENCE_MS = 120_000;
/** A call that forgets a migration has 15 s; the endpoints get most of them. */
const FORGET_PATIENCE_MS = 10_000;
/** For so long a removal is refused while an end does not answer, and asked for again: a slot that is left keeps log for ever. */
const REMOVAL_PATIENCE_MS = 600_000;

export interface ReleaseMigrationOptions extends Omit<ForgetTools, 'stores'> {
  stores: Stores;
  engine: DatabaseEngine;
  secrets: SecretSource;
}

/**
 * Forgets a migration: what it left at its endpoints, then every row about it. Raises what is worth another try, for some minutes; after
 * that, and for what trying again does not cure, the migration is forgotten all the same.
 */
export class ReleaseMigration {
  constructor(private readonly options: ReleaseMigrationOptions) {}

  forget(migrationId: string): Promise<void> {
    return forgetMigration(migrationId, this.options, {
      cleanUp: () => this.release(migrationId),
      leftBehind: 'objects of a removed migration are left at its databases',
      isWorthAnotherTry: (error) => this.isWorthAnotherTry(migrationId, error),
    });
  }

  private async release(migrationId: string): Promise<void> {
    const { unitOfWork, stores, engine, secrets } = this.options;
    if (!(await stores.states.leavesSomething(unitOfWork, migrationId))) return;
    const run = await stores.runs.latest(unitOfWork, migrationId);
    if (!run) return;
    const epoch = await unitOfWork.transaction((tx) => stores.states.takeHold(tx, migrationId, true));
    try {
      const { findings } = await engine.stages.release(this.jobOf(run, epoch), AbortSignal.timeout(FORGET_PATIENCE_MS));
      const left = findings?.find(isLeftBehind);
      if (left) throw notReleased(left);
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

  /** No shard and no lease: the run has ended, and nobody works for this migration any more. */
  private jobOf(run: Run, epoch: number): DatabaseJob {
    const { unitOfWork, stores, secrets, observer } = this.options;
    const { migrationId } = run;
    return {
      migrationId,
      runId: run.runId,
      epoch,
      source: toDatabaseEndpoint(run, run.source, secrets),
      target: toDatabaseEndpoint(run, run.target, secrets),
      scope: run.scope,
      state: {
        load: () => stores.states.load(unitOfWork, migrationId),
        save: (change) => unitOfWork.transaction((tx) => stores.states.save(tx, migrationId, change)),
      },
      admit: () => Promise.resolve(),
      count: () => undefined,
      stream: () => undefined,
      quarantine: () => Promise.resolve(),
      excludedTables: () => Promise.resolve(new Set()),
      waivedTables: () => Promise.resolve(new Set()),
      info: (message, fields) => observer.info(message, { ...runFields(run), ...fields }),
      warn: (message, fields, error) => observer.warn(message, { ...runFields(run), ...fields }, error),
    };
  }
}

export function isLeftBehind({ code }: Pick<Finding, 'code'>): boolean {
  return code === 'DATABASE_LEFT_BEHIND';
}

/** An end did not answer, or something would not be dropped: it may be another time. */
export function notReleased(left: Finding | undefined): SmartantError {
  return new SmartantError('DATABASE_NOT_RELEASED', left?.message ?? 'Something of the migration is left at its databases.', {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: left?.hint,
  });
}

export function leftBehind(error: SmartantError): Finding {
  return {
    severity: 'warning',
    code: 'DATABASE_LEFT_BEHIND',
    message: `Objects of the cancelled migration could not be removed from its databases: ${error.message}`,
    hint: 'Drop the replication slot and the publication whose names begin with "smartant_" at both ends: a slot keeps log for ever.',
    subject: 'both',
  };
}
