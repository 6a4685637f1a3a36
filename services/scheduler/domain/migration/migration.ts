import type { EffectKind } from './effects';
import type { Ledger } from './ledger';
import type { MigrationSpec } from './migration-spec';
import type { Phase, Status } from './phase';
import type { StreamState } from './run-state';

export interface Finding {
  severity: 'blocker' | 'warning' | 'note';
  code: string;
  message: string;
  hint: string;
  subject: 'source' | 'target' | 'both';
}

export interface MigrationError {
  code: string;
  message: string;
  hint: string;
  retryable: boolean;
}

/** An effect that has not gone through for long. It is still tried again and again: nobody has to restart anything. */
export interface EffectTrouble {
  effect: EffectKind;
  /** Since when no attempt has gone through. */
  since: string;
  /** Of the last attempt. */
  error: MigrationError;
}

/** How a phase went: one entry for each phase that was entered, in order. */
export interface PhaseTiming {
  phase: Phase;
  round: number;
  startedAt: string;
  finishedAt?: string;
  outcome?: 'succeeded' | 'failed' | 'cancelled';
  /** What this run counted. Absent for phases without a run of their own. */
  ledger?: Ledger;
}

/** The outcome of the last verification, as the report states it. */
export interface VerificationSummary {
  level: 'content' | 'checksum' | 'inventory' | 'counts';
  equal: boolean;
  sourceFrozen: boolean;
  sourceObjects: number;
  sourceBytes: number;
  targetObjects: number;
  targetBytes: number;
  sourceRoot: string;
  targetRoot: string;
  bucketCount: number;
  firstInventory: string;
  secondInventory: string;
  differenceCount: number;
  waivedCount: number;
  differences: { key: string; kind: string; detail: string; waived: boolean }[];
  asOf: string;
  /** Of a database: its objects are rows, and bytes are those of the rows that were digested. */
  database?: DatabaseVerificationSummary | null;
}

export interface DatabaseVerificationSummary {
  tables: number;
  sourceRows: number;
  targetRows: number;
  sequences: number;
  /** Indexes, constraints, triggers, views, functions and the like that both sides were asked for. */
  objects: number;
  /** The source's position up to which everything was applied when it was compared. */
  frozenPosition: string;
}

/** A migration's state. Pure data: transitions are in `transitions.ts`, and each one returns a new value. */
export interface Migration {
  id: string;
  workspaceId: string;
  name: string;
  spec: MigrationSpec;
  phase: Phase;
  status: Status;
  /** Grows by one with each change; carried by events and by the ETag. */
  version: number;
  /** Grows by one with each run; a migrator refuses a run of an older epoch. */
  epoch: number;
  /** The current or last run. */
  runId: string | null;
  /** Which round of the incremental phase; 0 before the first. */
  round: number;
  cutoverRequested: boolean;
  /** Totals over all finished runs plus the current one, by phase. */
  ledger: Ledger;
  shardsTotal: number;
  shardsDone: number;
  expectedObjects: number;
  expectedBytes: number;
  findings: Finding[];
  error: MigrationError | null;
  verification: VerificationSummary | null;
  /** Of a database whose changes are streamed: as its migrator told last. Back to the source while `reversible`. */
  stream: StreamState | null;
  /** Of a database: when its cutover stopped the source's writers, and when the target was opened. Null: not yet. */
  frozenAt: string | null;
  openedAt: string | null;
  /** Set while what is due for it does not go through. */
  stuck: EffectTrouble | null;
  timings: PhaseTiming[];
  createdAt: string;
  updatedAt: string;
  createdBy: string;
}
