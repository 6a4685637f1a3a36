import { addToLedger, type LedgerCounters } from '@smartant/shards';

/** The counters that the migration's ledger shows; each is a name in a shard's ledger. */
export const LEDGER_FIELDS = [
  'listedObjects',
  'listedBytes',
  'copiedObjects',
  'copiedBytes',
  'unchangedObjects',
  'unchangedBytes',
  'deletedObjects',
  'keptExtraObjects',
  'skippedObjects',
  'quarantinedObjects',
  'verifiedObjects',
  'verifiedBytes',
  'differentObjects',
  'retriedRequests',
] as const;
export type LedgerField = (typeof LEDGER_FIELDS)[number];

/** Internal counters: objects that a delete stage would have to delete, deletes that were reserved, and differences waived. */
export type HiddenField = 'deleteCandidates' | 'deletesReserved' | 'waivedObjects';

export type StorageDelta = Partial<Record<LedgerField | HiddenField | `skipped:${string}`, number>>;

const SKIPPED = 'skipped:';

/** A skipped object, counted in all and by its reason. */
export function skippedDelta(code: string): StorageDelta {
  return { skippedObjects: 1, [`${SKIPPED}${code}`]: 1 };
}

export interface StorageLedger extends Record<LedgerField, number> {
  skippedByReason: Record<string, number>;
}

export function toStorageLedger(counters: LedgerCounters): StorageLedger {
  const fields = Object.fromEntries(LEDGER_FIELDS.map((field) => [field, counters[field] ?? 0])) as Record<LedgerField, number>;
  const reasons = Object.entries(counters).filter(([name]) => name.startsWith(SKIPPED));
  return { ...fields, skippedByReason: Object.fromEntries(reasons.map(([name, count]) => [name.slice(SKIPPED.length), count])) };
}

export function addDelta(into: LedgerCounters, delta: StorageDelta): void {
  addToLedger(into, delta as LedgerCounters);
}
