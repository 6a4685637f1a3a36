import type { LedgerCounters } from '@smartant/shards';
import type { Stage } from './stages';

/** The counters that a migration's ledger shows of a database; each is a name in a shard's ledger. */
export const LEDGER_FIELDS = [
  'listedTables',
  'copiedTables',
  'quarantinedTables',
  'copiedRows',
  'copiedBytes',
  'builtIndexes',
  'appliedTransactions',
  'appliedChanges',
  'appliedBytes',
  'verifiedRows',
  'verifiedBytes',
  'differentRows',
  'repairedRows',
  'movedSequences',
] as const;
export type LedgerField = (typeof LEDGER_FIELDS)[number];

/** Counters of a run, added up as they happen. What was counted and is undone is counted negatively. */
export type DatabaseCounts = Partial<Record<LedgerField, number>>;

export type DatabaseLedger = Record<LedgerField, number>;

/**
 * What stands at the target: an engine tells all of it again whenever the stage is begun anew, whoever holds it and in whichever run. The
 * ledger takes in what is new beside what was counted for the migration's stage before, so that over takeovers and runs the sum is what
 * was told last.
 */
const STANDING: ReadonlySet<string> = new Set<LedgerField>(['copiedTables', 'copiedRows', 'copiedBytes', 'builtIndexes']);

/**
 * What a stage finds: told again when it is begun anew. Of one run it counts once, whoever holds the stage; another run finds it for
 * itself.
 */
const FOUND: ReadonlySet<string> = new Set<LedgerField>([
  'listedTables',
  'verifiedRows',
  'verifiedBytes',
  'differentRows',
  'movedSequences',
]);

/**
 * Neither: what is done once and told once (changes applied, rows repaired), and everything that `sync` does, because each sync is about other
 * tables.
 */
export function isToldAgain(field: string, stage: Stage): boolean {
  return stage !== 'sync' && (STANDING.has(field) || FOUND.has(field));
}

/** Of what was counted for a stage, what is not counted once more when it is told again. `sameRun`: for the run that begins it anew. */
export function countedBefore(counted: LedgerCounters, sameRun: boolean): LedgerCounters {
  return Object.fromEntries(Object.entries(counted).filter(([field]) => STANDING.has(field) || (sameRun && FOUND.has(field))));
}

export function toDatabaseLedger(counters: LedgerCounters): DatabaseLedger {
  return Object.fromEntries(LEDGER_FIELDS.map((field) => [field, counters[field] ?? 0])) as DatabaseLedger;
}
