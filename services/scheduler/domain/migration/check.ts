import type { MigrationError } from './migration';

/** `verify`: rows are compared; `repair`: those that differ are copied again; `preview`: what a cutover would do now. */
export const CHECK_KINDS = ['verify', 'repair', 'preview'] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

export const CHECK_STATES = ['asked', 'running', 'done', 'failed'] as const;

/** What a user asked of a live database migration beside its stream; its migrator keeps it. */
export interface Check {
  id: string;
  kind: CheckKind;
  /** "schema.table" at the source; empty: all of the migration. */
  tables: string[];
  state: (typeof CHECK_STATES)[number];
  askedAt: string;
  finishedAt: string | null;
  result: CheckResult | null;
  error: MigrationError | null;
}

export interface CheckResult {
  tables: number;
  sourceRows: number;
  /** A bounded sample; all are counted. Of a repair: what differs after it. */
  differences: { key: string; kind: string; detail: string; waived: boolean }[];
  differenceCount: number;
  /** Tables of which nothing could be said, since they changed each time they were looked at. */
  undecided: string[];
  repairedRows: number;
  /** Of a preview. */
  steps: string[];
  expectedDowntimeMs: number | null;
}
