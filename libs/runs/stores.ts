import type { SqlExecutor } from '@smartant/platform/postgres';
import type { Failure, FailureState, Run } from './run';

/** What a transaction looks like from here: opaque, handed through to the stores. */
export type Tx = SqlExecutor;

/** Where a use case or a stage commits. `query` outside a transaction commits by itself. */
export interface UnitOfWork extends SqlExecutor {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** `R`: a run of one kind of migration, with what only that kind keeps. */
export interface RunStore<R extends Run = Run> {
  /** Locks a migration and resolves with the highest epoch seen for it so far, raising it to `epoch`. */
  raiseEpoch(tx: Tx, migrationId: string, epoch: number): Promise<number>;
  insert(tx: Tx, run: R): Promise<void>;
  find(tx: Tx, runId: string): Promise<R | null>;
  /** Runs of a migration that have not ended. */
  unfinished(tx: Tx, migrationId: string): Promise<R[]>;
  /** Those of all migrations. */
  allUnfinished(tx: Tx): Promise<R[]>;
  /** The run of the highest epoch; null when the migration is unknown. */
  latest(tx: Tx, migrationId: string): Promise<R | null>;
  update(tx: Tx, runId: string, change: Partial<Run>): Promise<void>;
  /** Removes every row of a migration: its runs, failures and whatever else is kept of it. */
  forgetMigration(tx: Tx, migrationId: string): Promise<void>;
}

export interface Quarantined {
  migrationId: string;
  runId: string;
  unit: string;
  code: string;
  message: string;
  attempts: number;
  traceId: string;
}

/** Who decided what about failures: to be tried again in the next round, or waived on the record. */
export interface FailureDecision {
  state: 'retrying' | 'waived';
  actor: string;
  reason: string;
}

export interface FailureStore {
  /** Records a failing unit, once per unit and migration (a repetition updates it), and resolves with the number of open ones. */
  quarantine(tx: Tx, failure: Quarantined): Promise<number>;
  /** States of units that are not resolved. */
  unresolved(tx: Tx, migrationId: string): Promise<Map<string, FailureState>>;
  /** The unit is in order now. Nothing happens when it had not failed. */
  resolve(tx: Tx, migrationId: string, unit: string): Promise<void>;
  /** Oldest first. `after`: the id of the last failure of the page before. */
  list(tx: Tx, migrationId: string, limit: number, after: string | undefined): Promise<Failure[]>;
  /** Resolves with the number of failures that changed. `ids` empty: all open ones. */
  decide(tx: Tx, migrationId: string, ids: string[], decision: FailureDecision): Promise<number>;
}
