/** Counters of a run, as the migrator keeps them; of a migration, as `addRun` puts those of its runs together. */
export interface Ledger {
  listedObjects: number;
  listedBytes: number;
  copiedObjects: number;
  copiedBytes: number;
  unchangedObjects: number;
  unchangedBytes: number;
  deletedObjects: number;
  keptExtraObjects: number;
  skippedObjects: number;
  quarantinedObjects: number;
  verifiedObjects: number;
  verifiedBytes: number;
  differentObjects: number;
  skippedByReason: Record<string, number>;
  retriedRequests: number;
  /** Of databases; `copiedBytes` and `verifiedBytes` count for them too. */
  listedTables: number;
  copiedTables: number;
  quarantinedTables: number;
  copiedRows: number;
  builtIndexes: number;
  appliedTransactions: number;
  appliedChanges: number;
  appliedBytes: number;
  verifiedRows: number;
  differentRows: number;
  repairedRows: number;
  movedSequences: number;
  /** Of hosts: entries of every type. `listedBytes`, `copiedBytes` and `verifiedBytes` count for them too. */
  listedFiles: number;
  copiedFiles: number;
  unchangedFiles: number;
  deletedFiles: number;
  skippedFiles: number;
  quarantinedFiles: number;
  verifiedFiles: number;
  differentFiles: number;
}

export function emptyLedger(): Ledger {
  return {
    listedObjects: 0,
    listedBytes: 0,
    copiedObjects: 0,
    copiedBytes: 0,
    unchangedObjects: 0,
    unchangedBytes: 0,
    deletedObjects: 0,
    keptExtraObjects: 0,
    skippedObjects: 0,
    quarantinedObjects: 0,
    verifiedObjects: 0,
    verifiedBytes: 0,
    differentObjects: 0,
    skippedByReason: {},
    retriedRequests: 0,
    listedTables: 0,
    copiedTables: 0,
    quarantinedTables: 0,
    copiedRows: 0,
    builtIndexes: 0,
    appliedTransactions: 0,
    appliedChanges: 0,
    appliedBytes: 0,
    verifiedRows: 0,
    differentRows: 0,
    repairedRows: 0,
    movedSequences: 0,
    listedFiles: 0,
    copiedFiles: 0,
    unchangedFiles: 0,
    deletedFiles: 0,
    skippedFiles: 0,
    quarantinedFiles: 0,
    verifiedFiles: 0,
    differentFiles: 0,
  };
}

/** What a run does: over runs it adds up. */
const WORK = [
  'copiedObjects',
  'copiedBytes',
  'deletedObjects',
  'verifiedObjects',
  'verifiedBytes',
  'retriedRequests',
  'copiedTables',
  'copiedRows',
  'builtIndexes',
  'appliedTransactions',
  'appliedChanges',
  'appliedBytes',
  'verifiedRows',
  'repairedRows',
  'movedSequences',
  'copiedFiles',
  'deletedFiles',
  'verifiedFiles',
] as const;

/** What a run finds in the lists of both sides: each round finds the same objects again. */
const STOCK = [
  'listedObjects',
  'listedBytes',
  'unchangedObjects',
  'unchangedBytes',
  'keptExtraObjects',
  'skippedObjects',
  'quarantinedObjects',
  'listedFiles',
  'unchangedFiles',
  'skippedFiles',
  'quarantinedFiles',
] as const;

/** A run that went through the lists has met something in them, or emptied them. */
const SIGNS_OF_STOCK_TAKING = [...STOCK, 'copiedObjects', 'deletedObjects', 'copiedFiles', 'deletedFiles'] as const;
const SIGNS_OF_VERIFICATION = [
  'verifiedObjects',
  'differentObjects',
  'verifiedRows',
  'differentRows',
  'verifiedFiles',
  'differentFiles',
] as const;
/** Of tables, a run of any phase may say how many there are and how many are put aside. */
const TABLE_STOCK = ['listedTables', 'quarantinedTables'] as const;

/**
 * The counters of a migration after one more of its runs; a new value. What was copied, deleted, retried and verified
 * adds up. What was listed, unchanged, extra, skipped or failed is as the latest run that counted it has it, so that one
 * failing object is one however many rounds meet it; what differs is as of the latest verification.
 */
export function addRun(before: Ledger, run: Ledger): Ledger {
  // What an earlier version stored lacks later counters.
  const total = { ...emptyLedger(), ...before };
  const latest = SIGNS_OF_STOCK_TAKING.some((field) => run[field] > 0) ? run : total;
  const verified = SIGNS_OF_VERIFICATION.some((field) => run[field] > 0) ? run : total;
  const { differentObjects, differentRows, differentFiles } = verified;
  const tables = TABLE_STOCK.some((field) => run[field] > 0) ? run : total;
  const sum = { ...total, differentObjects, differentRows, differentFiles, skippedByReason: { ...latest.skippedByReason } };
  for (const field of WORK) sum[field] = total[field] + run[field];
  for (const field of STOCK) sum[field] = latest[field];
  for (const field of TABLE_STOCK) sum[field] = tables[field];
  return sum;
}
