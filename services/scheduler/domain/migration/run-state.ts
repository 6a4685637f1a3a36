import type { HostLayout } from './host-scope';
import type { BootProof, DeltaPrediction, HostSummary } from './host-state';
import type { Ledger } from './ledger';
import type { Finding, MigrationError, VerificationSummary } from './migration';
import type { Phase, Status } from './phase';

/** A run as its migrator tells it. */
export interface RunState {
  runId: string;
  migrationId: string;
  epoch: number;
  phase: Phase;
  status: Status;
  ledger: Ledger;
  shardsTotal: number;
  shardsDone: number;
  expectedObjects: number;
  expectedBytes: number;
  findings: Finding[];
  error: MigrationError | null;
  verification: VerificationSummary | null;
  /** When the next window of its calendar opens, while it waits for it. */
  opensAt?: string | null;
  /** Why its migrator can do nothing for it yet. */
  wait?: RunWait | null;
  /** Of a run that streams changes. */
  stream?: StreamState | null;
  /** Cutover of a database or a host: from the freeze of the source to the opened target. Null or absent: not yet. */
  frozenAt?: string | null;
  openedAt?: string | null;
  /** Of a rehearsal or a cutover of a host. */
  boot?: BootProof | null;
  /** Of a round of a host that has ended. */
  prediction?: DeltaPrediction | null;
}

/** How far a change stream is behind. Positions are in the notation of the side that is streamed from. */
export interface StreamState {
  appliedPosition: string;
  sourcePosition: string;
  lagBytes: number;
  /** Age of the oldest change that is not applied yet. */
  lagMs: number;
  /** Log that is kept for the migration at the side that is streamed from. */
  retainedBytes: number;
  /** When its disk is full at this rate; null: not in sight. */
  fullAt: string | null;
  /** Tables that are copied meanwhile, and whose changes wait for it. Absent in what older versions stored: 0. */
  syncingTables?: number;
  /** Definitions that differ between both ends, when they were last looked at; the first few in words. Absent in what older versions stored: none. */
  definitionDifferenceCount?: number;
  definitionDifferences?: string[];
  /** Comparisons beside it wait, so that it catches up before too much log is kept. Absent in what older versions stored: no. */
  comparisonsWait?: boolean;
}

/** Nothing is being done for a run, and nothing can be before `until`. */
export interface RunWait {
  reason: 'late-writes' | 'next-attempt';
  until: string;
  /** What failed, for `next-attempt`. */
  error: MigrationError | null;
}

/** What the precheck call found. */
export interface PrecheckOutcome {
  findings: Finding[];
  estimate: { objects: number; bytes: number; complete: boolean };
  /** Of a host: what its source is made of, as its migrator tells it, and in short; and what the target's disks are to look like. */
  inventory?: Record<string, unknown> | null;
  summary?: HostSummary | null;
  layout?: HostLayout | null;
}

export function hasEnded(run: RunState): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled';
}
