import type { Database } from '../engine/database';
import type { Network } from '../engine/network';
import type { Process } from '../engine/process';
import { EpochStale, hasRunEnded, type RunRow, type RunTable } from '../migrator/run-table';
import type { LeaseModel } from '@smartant/shards/model';
import * as domain from './domain';
import type { DrivenMigration, EffectKind, RunState, TransitionContext } from './domain';
import type { MigrationClaim } from './migration-table';
import type { Outcome } from './replica';

export interface EffectsOptions {
  network: Network;
  migrators: readonly Process[];
  /** The migrator's. */
  database: Database;
  runs: RunTable;
  model: LeaseModel;
  newRunId: () => string;
}

/** Calls of the scheduler to its migrator, and what their answers mean, by the scheduler's own rules. */
export class Effects {
  constructor(private readonly options: EffectsOptions) {}

  /** `failed`: the effect did not get through and is to be tried again. */
  perform(
    process: Process,
    kind: EffectKind,
    { migration }: MigrationClaim,
    nowMs: () => number,
    done: (outcome: Outcome) => void,
    failed: () => void,
  ): void {
    const { runs, newRunId } = this.options;
    const context = (): TransitionContext => ({ nowMs: nowMs(), newRunId });
    const runId = migration.runId ?? '';
    const told = (run: RunState | null): void =>
      done(run === null ? domain.applyRunUnknown(migration, context()) : domain.applyRunUpdate(migration, run, context()));
    const call = (work: () => RunRow | null): void => this.call(process, work, told, failed);
    switch (kind) {
      case 'precheck':
        return this.precheck(process, () => done(domain.applyPrecheck(migration, PRECHECKED, context())), failed);
      case 'start-run':
        return this.start(process, migration, told, (error) => {
          if (error instanceof EpochStale) done(domain.applyEpochStale(migration, error.highest, context()));
          else failed();
        });
      case 'get-run':
      case 'check-paused-run':
        return call(() => runs.get(runId));
      case 'pause-run':
        return call(() => runs.pause(runId));
      case 'resume-run':
        return call(() => runs.resume(runId));
      case 'cancel-run':
        return call(() => runs.cancel(runId, migration.id, migration.epoch));
      case 'remove-run':
        return this.remove(process, migration, done, failed, context);
      case 'build-report':
        return process.after(5, () => done(domain.applyReported(migration, context())));
      case 'next-round':
        return done(domain.startNextRound(migration, context()));
      case 'set-limits':
        throw new Error('no limits are changed here');
    }
  }

  private precheck(process: Process, done: () => void, failed: () => void): void {
    const { network, migrators } = this.options;
    network.call<null>(process, migrators, (server, answer) => server.after(50, () => answer(null)), done, failed);
  }

  private start(process: Process, migration: DrivenMigration, told: (run: RunState) => void, failed: (error: unknown) => void): void {
    const { id, runId, epoch, phase, spec } = migration;
    const sourceFrozen = phase === 'cutover' && spec.cutover.sourceFrozen;
    const order = { runId: runId ?? '', migrationId: id, epoch, phase, sourceFrozen };
    this.call(
      process,
      () => this.options.runs.start(order),
      (run) => run && told(run),
      failed,
    );
  }

  private remove(
    process: Process,
    migration: DrivenMigration,
    done: (outcome: Outcome) => void,
    failed: () => void,
    context: () => TransitionContext,
  ): void {
    const { runs } = this.options;
    const work = (): RunRow | null => {
      const run = runs.cancel(migration.runId ?? '', migration.id, migration.epoch);
      if (run === null || hasRunEnded(run.status)) runs.forget(migration.id, migration.epoch);
      return run;
    };
    const told = (run: RunState | null): void => {
      if (run !== null && !domain.hasEnded(run)) return done(domain.applyRunUpdate(migration, run, context()));
      done({ ...domain.concludeRemoval(migration, context()), gone: true });
    };
    this.call(process, work, told, failed);
  }

  /** One transaction at the migrator, asked for by a call. */
  private call(process: Process, work: () => RunRow | null, done: (run: RunState | null) => void, failed: (error: unknown) => void): void {
    const { network, migrators, database } = this.options;
    const asState = (): RunState | null => {
      const run = work();
      return run && this.stateOf(run);
    };
    network.call(process, migrators, (server, answer, refuse) => database.execute(server, asState, answer, refuse), done, failed);
  }

  private stateOf(run: RunRow): RunState {
    const counts = this.options.model.runs.get(run.runId)?.ledger ?? {};
    const count = (name: string): number => counts[name] ?? 0;
    return {
      runId: run.runId,
      migrationId: run.migrationId,
      epoch: run.epoch,
      phase: run.phase,
      status: run.status === 'cancelling' ? 'running' : run.status,
      ledger: {
        ...domain.emptyLedger(),
        listedObjects: count('syncUnits'),
        copiedObjects: count('copied'),
        deletedObjects: count('deleted'),
        verifiedObjects: count('verifyUnits'),
        differentObjects: count('different'),
      },
      shardsTotal: 0,
      shardsDone: 0,
      expectedObjects: 0,
      expectedBytes: 0,
      findings: [],
      error: run.error,
      verification: run.verification,
    };
  }
}

const PRECHECKED = { findings: [], estimate: { objects: 0, bytes: 0, complete: true } };
