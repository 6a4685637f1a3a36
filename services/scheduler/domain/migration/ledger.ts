/** Counters of a run, as the migrator keeps them. */
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
  };
}

/** Counter by counter; a new value. */
export function addLedgers(a: Ledger, b: Ledger): Ledger {
  const skippedByReason = { ...a.skippedByReason };
  for (const [reason, count] of Object.entries(b.skippedByReason)) skippedByReason[reason] = (skippedByReason[reason] ?? 0) + count;
  return {
    listedObjects: a.listedObjects + b.listedObjects,
    listedBytes: a.listedBytes + b.listedBytes,
    copiedObjects: a.copiedObjects + b.copiedObjects,
    copiedBytes: a.copiedBytes + b.copiedBytes,
    unchangedObjects: a.unchangedObjects + b.unchangedObjects,
    unchangedBytes: a.unchangedBytes + b.unchangedBytes,
    deletedObjects: a.deletedObjects + b.deletedObjects,
    keptExtraObjects: a.keptExtraObjects + b.keptExtraObjects,
    skippedObjects: a.skippedObjects + b.skippedObjects,
    quarantinedObjects: a.quarantinedObjects + b.quarantinedObjects,
    verifiedObjects: a.verifiedObjects + b.verifiedObjects,
    verifiedBytes: a.verifiedBytes + b.verifiedBytes,
    differentObjects: a.differentObjects + b.differentObjects,
    skippedByReason,
    retriedRequests: a.retriedRequests + b.retriedRequests,
  };
}
