/** The counters that a migration's ledger shows of a host; each is a name in a shard's ledger. "Files" are entries of every type. */
export const LEDGER_FIELDS = [
  'listedFiles',
  'listedBytes',
  'copiedFiles',
  'copiedBytes',
  'unchangedFiles',
  'deletedFiles',
  'skippedFiles',
  'quarantinedFiles',
  'verifiedFiles',
  'verifiedBytes',
  'differentFiles',
] as const;
export type LedgerField = (typeof LEDGER_FIELDS)[number];

/** Counters of a run, added up as they happen. What was counted and is undone is counted negatively. */
export type HostCounts = Partial<Record<LedgerField, number>>;

export type HostLedger = Record<LedgerField, number>;

/** Told once, when it is done: what is copied or deleted is gone from what the next attempt finds. */
const TOLD_ONCE: ReadonlySet<string> = new Set<LedgerField>(['copiedFiles', 'copiedBytes', 'deletedFiles']);

/** What a stage finds is told again when it is begun anew. Of one run it counts once; another run finds it for itself. */
export function isToldAgain(field: string): boolean {
  return !TOLD_ONCE.has(field) && field !== 'quarantinedFiles';
}

/** Of what was counted for a stage, what is not counted once more when it is told again. `sameRun`: for the run that begins it anew. */
export function countedBefore(counted: Record<string, number>, sameRun: boolean): Record<string, number> {
  return sameRun ? counted : {};
}

export function toHostLedger(counters: Record<string, number>): HostLedger {
  return Object.fromEntries(LEDGER_FIELDS.map((field) => [field, counters[field] ?? 0])) as HostLedger;
}
