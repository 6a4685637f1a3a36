import type { RunError } from '@smartant/runs';
import type { DatabaseDifference } from './verification';

/**
 * `verify`: rows of both sides are compared while changes flow. `repair`: rows that differ are copied again from the source, then compared
 * again. `preview`: what a cutover would do now, and how long it would probably take; changes nothing.
 */
export const CHECK_KINDS = ['verify', 'repair', 'preview'] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

export const CHECK_STATES = ['asked', 'running', 'done', 'failed'] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** What a user asks of a live migration beside its stream. */
export interface AskedCheck {
  id: string;
  migrationId: string;
  kind: CheckKind;
  /** "schema.table" at the source; empty: all of the migration. */
  tables: string[];
}

export interface CheckResult {
  tables: number;
  sourceRows: number;
  /** Rows that stood still and differ, at most 100; all are counted. Of a repair: what differs after it. */
  differences: DatabaseDifference[];
  differenceCount: number;
  /** Tables of which nothing could be said, since they changed each time they were looked at. */
  undecided: string[];
  repairedRows: number;
  /** Of a preview: what would happen, a sentence each. */
  steps: string[];
  /** Of a preview: milliseconds from the freeze to the opened target; null: none was made. */
  expectedDowntimeMs: number | null;
}

export interface Check extends AskedCheck {
  state: CheckState;
  result: CheckResult | null;
  error: RunError | null;
  /** RFC 3339. */
  askedAt: string;
  finishedAt: string | null;
}

/** Differences that are kept of a check. */
export const KEPT_DIFFERENCES = 100;

export function emptyResult(): CheckResult {
  return {
    tables: 0,
    sourceRows: 0,
    differences: [],
    differenceCount: 0,
    undecided: [],
    repairedRows: 0,
    steps: [],
    expectedDowntimeMs: null,
  };
}
