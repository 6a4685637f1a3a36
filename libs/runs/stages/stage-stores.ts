import type { LedgerCounters } from '@smartant/shards';
import type { Run } from '../run';
import type { FailureStore, RunStore, Tx } from '../stores';

/** Runs of which some fields are kept that only their kind has. */
export interface StagedRunStore<R extends Run> extends RunStore<R> {
  update(tx: Tx, runId: string, change: Partial<Run> | Partial<R>): Promise<void>;
}

export interface StateStore {
  /**
   * Another holder begins: resolves with an epoch above all that were given out for the migration, also by a database that was put back to
   * an earlier state since (it never falls behind the clock). `leavesSomething`: the work leaves something at the endpoints.
   */
  takeHold(tx: Tx, migrationId: string, leavesSomething: boolean): Promise<number>;
  /** Nothing is left at the endpoints. */
  released(tx: Tx, migrationId: string): Promise<void>;
  /** Whether something may be left there. */
  leavesSomething(tx: Tx, migrationId: string): Promise<boolean>;
  /** A release did not come through: for how long that has been so, in milliseconds. */
  failingRelease(tx: Tx, migrationId: string): Promise<number>;
  /** What the engine keeps of a migration; empty before anything was saved. */
  load(tx: Tx, migrationId: string): Promise<Record<string, unknown>>;
  /** The same; nobody changes it until the transaction ends. To be called before shards are locked. */
  loadLocked(tx: Tx, migrationId: string): Promise<Record<string, unknown>>;
  /** Merges by name. */
  save(tx: Tx, migrationId: string, change: Record<string, unknown>): Promise<void>;
}

/** What was counted for a stage of a migration by whoever held it last, of that which is told again. */
export interface StageCountStore {
  find(tx: Tx, migrationId: string, stage: string): Promise<{ runId: string; counted: LedgerCounters } | null>;
  /** In the transaction of the checkpoint that adds it to the ledger. */
  save(tx: Tx, migrationId: string, stage: string, runId: string, counted: LedgerCounters): Promise<void>;
}

export interface StageStores<R extends Run> {
  runs: StagedRunStore<R>;
  failures: FailureStore;
  states: StateStore;
  counts: StageCountStore;
}
