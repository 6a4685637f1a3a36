import type { MigrationSpec } from './migration-spec';
import { emptyLedger, type Ledger } from './ledger';
import type { Migration, MigrationError } from './migration';
import type { Phase, Status } from './phase';
import type { RunWait } from './run-state';

/**
 * What the migrator has to be told next about the current run. It is stored together with the transition that
 * caused it, so that whichever replica looks next carries it out; every order is idempotent at the migrator.
 *
 * - `start`: start the run (or make the precheck) under the stored run id.
 * - `watch`: the run goes on: ask for its state.
 * - `pause`, `resume`, `cancel`: tell the migrator, until it confirms.
 * - `hold`: paused and confirmed; looked at now and then, in case a late start slipped through.
 * - `remove`: cancel, then forget the migration and its one-migration endpoints.
 * - `report`: build and sign the report.
 * - `none`: nothing.
 */
export const ORDERS = ['start', 'watch', 'pause', 'hold', 'resume', 'cancel', 'remove', 'report', 'none'] as const;
export type Order = (typeof ORDERS)[number];

/** A migration with what the driver needs to move it; users see `publicView` (migration-view.ts). */
export interface DrivenMigration extends Migration {
  order: Order;
  /** Totals over the runs that have ended; `ledger` is this plus the current run's. */
  finishedLedger: Ledger;
  /** Earliest time for `start` after a passing failure, and for the next round while waiting. */
  notBefore: string | null;
  /** Consecutive runs of the current phase that ended in a passing failure. */
  attempts: number;
  /** New limits that the migrator has not been told yet. */
  limitsDue: boolean;
  /** The run waits for its calendar: when the next window opens, as its migrator told. */
  opensAt: string | null;
  /** Why nothing is being done for the run, as its migrator told. */
  runWait: RunWait | null;
  /** Since when the change stream has been so close that an automatic cutover may begin; null: it is not. */
  caughtUpSince: string | null;
  /** The incarnation of the databases for which it was last revalidated; null: never. */
  revalidatedFor: string | null;
  /** W3C trace context of the request that created it: its first phases belong to that trace, later ones are linked to it. */
  traceContext: Record<string, string>;
}

export const MIGRATION_CHANGES = [
  'created',
  'phase-started',
  'phase-finished',
  'phase-failed',
  'waiting',
  'paused',
  'resumed',
  'cancelled',
  'rehearsal-requested',
  'cutover-requested',
  'reversible',
  'finalized',
  'rolled-back',
  'revalidated',
  'stuck',
  'unstuck',
  'deleted',
] as const;

/** Of an error's text in what is told and kept of a change, characters: an event is bounded, an error's text is not. */
export const LONGEST_TOLD_ERROR = 4_000;

/** A fact to publish: the state as it was right after the change. */
export interface MigrationChange {
  change: (typeof MIGRATION_CHANGES)[number];
  version: number;
  phase: Phase;
  status: Status;
  runId: string | null;
  error: MigrationError | null;
}

/** The outcome of one step of the state machine: a new value and what to publish about it. */
export interface Transition {
  migration: DrivenMigration;
  changes: MigrationChange[];
}

/** What the pure state machine takes from outside. */
export interface TransitionContext {
  nowMs: number;
  newRunId(): string;
}

export interface NewMigration {
  id: string;
  workspaceId: string;
  name: string;
  spec: MigrationSpec;
  createdBy: string;
  traceContext: Record<string, string>;
}

/** A migration that has not entered its first phase: `start` in transitions.ts does that. */
export function draftMigration(input: NewMigration, nowMs: number): DrivenMigration {
  const now = new Date(nowMs).toISOString();
  return {
    ...input,
    phase: 'precheck',
    status: 'pending',
    version: 0,
    epoch: 0,
    runId: null,
    round: 0,
    cutoverRequested: false,
    rehearsalRequested: false,
    ledger: emptyLedger(),
    shardsTotal: 0,
    shardsDone: 0,
    expectedObjects: 0,
    expectedBytes: 0,
    findings: [],
    error: null,
    verification: null,
    stream: null,
    frozenAt: null,
    openedAt: null,
    inventory: null,
    prediction: null,
    rehearsal: null,
    boot: null,
    stuck: null,
    timings: [],
    createdAt: now,
    updatedAt: now,
    order: 'none',
    finishedLedger: emptyLedger(),
    notBefore: null,
    attempts: 0,
    limitsDue: false,
    opensAt: null,
    runWait: null,
    caughtUpSince: null,
    revalidatedFor: null,
  };
}

/** True when nothing will happen any more without a new request: done or cancelled, cleaned up and reported. */
export function isAtRest(migration: DrivenMigration): boolean {
  return migration.order === 'none' && (migration.status === 'succeeded' || migration.status === 'cancelled');
}

/**
 * True while a run of this migration may ask for the secrets of its endpoints: the current one while it is active, and any
 * of them while the migration is cancelled or removed, since what an earlier run left behind is cleaned up in its name.
 */
export function mayResolveSecrets(migration: DrivenMigration, runId: string): boolean {
  if (migration.order === 'cancel' || migration.order === 'remove') return true;
  return migration.runId === runId && migration.order !== 'none' && migration.order !== 'report';
}
