import type { SmartantError } from '@smartant/kernel';
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

export interface ReleaseMigrationOptions extends Omit<ForgetTools, 'stores'> {
  stores: Stores;
  engine: DatabaseEngine;
  secrets: SecretSource;
}

/** Forgets a migration: what it left at its endpoints, then every row about it. */
export class ReleaseMigration {
  constructor(private readonly options: ReleaseMigrationOptions) {}

  forget(migrationId: string): Promise<void> {
    return forgetMigration(migrationId, this.options, {
      cleanUp: () => this.release(migrationId),
      leftBehind: 'objects of a removed migration are left at its databases',
    });
  }

  private async release(migrationId: string): Promise<void> {
    const { unitOfWork, stores, engine, secrets } = this.options;
    if (!(await stores.states.leavesSomething(unitOfWork, migrationId))) return;
    const run = await stores.runs.latest(unitOfWork, migrationId);
    if (!run) return;
    const epoch = await unitOfWork.transaction((tx) => stores.states.takeHold(tx, migrationId, true));
    try {
      await engine.stages.release(this.jobOf(run, epoch), AbortSignal.timeout(FORGET_PATIENCE_MS));
    } finally {
      secrets.release(run);
    }
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
      info: (message, fields) => observer.info(message, { ...runFields(run), ...fields }),
      warn: (message, fields, error) => observer.warn(message, { ...runFields(run), ...fields }, error),
    };
  }
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
