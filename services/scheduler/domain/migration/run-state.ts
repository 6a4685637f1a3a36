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
