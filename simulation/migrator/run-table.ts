import type { LeaseModel } from '@smartant/shards/model';
import type { Database } from '../engine/database';
import type { MigrationError, Phase, VerificationSummary } from '../scheduler/domain';

export type RunStatus = 'running' | 'paused' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';

export interface RunOrder {
  runId: string;
  migrationId: string;
  epoch: number;
  phase: Phase;
  sourceFrozen: boolean;
}

export interface RunRow extends RunOrder {
  readonly status: RunStatus;
  readonly error: MigrationError | null;
  readonly verification: VerificationSummary | null;
  readonly verifiedFromMs: number;
}

/** The migrator has seen a higher epoch of this migration. */
export class EpochStale extends Error {
  constructor(readonly highest: number) {
    super('epoch stale');
  }
}

export const STAGES: Partial<Record<Phase, readonly string[]>> = {
  prepare: ['prepare', 'finish'],
  full: ['plan', 'sync', 'finish'],
  incremental: ['plan', 'sync', 'delete', 'finish'],
  cutover: ['plan', 'sync', 'delete', 'verify', 'finish'],
};

const REVALIDATE: MigrationError = { code: 'RUN_REVALIDATE', message: 'Commits may be lost.', hint: '', retryable: true };

export function hasRunEnded(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** The migrator's runs, and the calls that start and steer them. Each method is one transaction; repeated calls do no harm. */
export class RunTable {
  readonly runs = new Map<string, RunRow>();
  private readonly epochs = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly model: LeaseModel,
    /** A run has ended, in the transaction that ends it. */
    private readonly onEnd: (run: RunRow) => void,
  ) {}

  start(order: RunOrder): RunRow {
    const known = this.runs.get(order.runId);
    if (known) return known;
    const highest = this.epochs.get(order.migrationId) ?? 0;
    if (order.epoch <= highest) throw new EpochStale(highest);
    this.database.journal.put(this.epochs, order.migrationId, order.epoch);
    for (const run of this.unfinished(order.migrationId)) this.end(run.runId, 'cancelled');
    const run: RunRow = { ...order, status: 'running', error: null, verification: null, verifiedFromMs: 0 };
    this.put(run);
    this.model.addRun(order.runId, order.migrationId);
    const first = STAGES[order.phase]?.[0] ?? 'finish';
    this.model.addShards(order.runId, [{ kind: first, ordinal: 0, range: null }], this.database.nowMs);
    return run;
  }

  get(runId: string): RunRow | null {
    return this.runs.get(runId) ?? null;
  }

  pause(runId: string): RunRow | null {
    return this.change(runId, (run) => {
      if (run.status !== 'running') return;
      this.model.setRunState(runId, 'paused');
      this.put({ ...run, status: 'paused' });
    });
  }

  resume(runId: string): RunRow | null {
    return this.change(runId, (run) => {
      if (run.status !== 'paused') return;
      this.model.setRunState(runId, 'active');
      this.put({ ...run, status: 'running' });
    });
  }

  /** Null when there is no such run: then a start of it that is still on its way is refused. */
  cancel(runId: string, migrationId: string, epoch: number): RunRow | null {
    if (!this.runs.has(runId)) this.forget(migrationId, epoch);
    return this.change(runId, (run) => {
      if (run.status !== 'running' && run.status !== 'paused') return;
      const { nowMs } = this.database;
      this.model.cancelShards(runId);
      this.model.setRunState(runId, 'active');
      this.model.addShards(runId, [{ kind: 'cleanup', ordinal: 0, range: null }], nowMs);
      this.put({ ...run, status: 'cancelling' });
    });
  }

  forget(migrationId: string, epoch: number): void {
    for (const run of this.runs.values()) if (run.migrationId === migrationId) this.database.journal.put(this.runs, run.runId, undefined);
    this.model.forgetMigration(migrationId);
    this.database.journal.put(this.epochs, migrationId, Math.max(epoch, this.epochs.get(migrationId) ?? 0));
  }

  /** Once: later endings change nothing. */
  end(
    runId: string,
    status: 'succeeded' | 'failed' | 'cancelled',
    error: MigrationError | null = null,
    verification?: VerificationSummary,
  ): void {
    const run = this.runs.get(runId);
    if (!run || hasRunEnded(run.status)) return;
    this.model.setRunState(runId, 'ended');
    const ended: RunRow = { ...run, status, error, verification: verification ?? null };
    this.put(ended);
    this.onEnd(ended);
  }

  /** The verification of a run begins: what it sees is true from then on. */
  verifying(runId: string, sinceMs: number): void {
    const run = this.runs.get(runId);
    if (run) this.put({ ...run, verifiedFromMs: sinceMs });
  }

  /** Acknowledged commits are gone: every run that goes on is to be started anew. */
  revalidate(): void {
    this.model.beginIncarnation(this.database.nowMs);
    for (const run of this.runs.values()) if (!hasRunEnded(run.status)) this.end(run.runId, 'failed', REVALIDATE);
  }

  private unfinished(migrationId: string): RunRow[] {
    return [...this.runs.values()].filter((run) => run.migrationId === migrationId && !hasRunEnded(run.status));
  }

  private change(runId: string, change: (run: RunRow) => void): RunRow | null {
    const run = this.runs.get(runId);
    if (!run) return null;
    change(run);
    return this.get(runId);
  }

  private put(run: RunRow): void {
    this.database.journal.put(this.runs, run.runId, run);
  }
}
