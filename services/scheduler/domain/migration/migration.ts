import type { EffectKind } from './effects';
import type { BootProof, DeltaPrediction, HostSummary } from './host-state';
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
  /** Absent: nothing that a program could do. */
  fix?: Fix;
}

/** What sets a finding right, at its subject. */
export interface Fix {
  /** Run one by one. */
  statements: string[];
  /** It changes nothing that applications see, loses nothing, and holds no lock for long. Others are for somebody who knows the server. */
  isSafe: boolean;
  needsRestart: boolean;
}

/** A fix that a migrator ran. */
export interface AppliedFix extends Pick<Fix, 'statements' | 'needsRestart'> {
  /** Of the finding. */
  code: string;
  subject: 'source' | 'target';
  /** Null: all statements were run. */
  error: MigrationError | null;
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
  /** The key of the rows' hashes; absent or empty: rows were only counted. */
  seed?: string;
  /** `back`: of a rollback, at the frozen position of the target. Absent: forth. */
  direction?: 'forth' | 'back';
  digests?: ComparedTable[];
}

/** What one table came to at both sides, for whoever computes it again. */
export interface ComparedTable {
  /** "schema.table" at the source. */
  name: string;
  /** "binary", "text" or "count". */
  form: string;
  sourceRows: number;
  targetRows: number;
  /** Sums of the rows' hashes as whole numbers. */
  sourceSum: string;
  targetSum: string;
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
  /** Of a host: a test boot follows the round in progress. */
  rehearsalRequested: boolean;
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
  /** Of a database or a host: when its cutover stopped the source's writers, and when the target was opened. Null: not yet. */
  frozenAt: string | null;
  openedAt: string | null;
  /** Of a host: what its source is made of, what the final delta would be, and what was seen of the last test boot and of the target's boot. */
  inventory: HostSummary | null;
  prediction: DeltaPrediction | null;
  rehearsal: BootProof | null;
  boot: BootProof | null;
  /** Set while what is due for it does not go through. */
  stuck: EffectTrouble | null;
  timings: PhaseTiming[];
  createdAt: string;
  updatedAt: string;
  createdBy: string;
}
