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
  /** Cutover of a database: from the freeze of the source to the opened target. Null or absent: not yet. */
  frozenAt?: string | null;
  openedAt?: string | null;
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
}

export function hasEnded(run: RunState): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled';
}
