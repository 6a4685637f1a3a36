/** From a key up to, but not including, another. */
export type Range = [number, number];

/**
 * What a shard adds to its run's ledger. Keys are counted, and their powers of two added up: a key that was lost or
 * taken twice shows in one of the two.
 */
export interface Counters extends Record<string, number> {
  syncUnits: number;
  syncKeys: number;
  copied: number;
  deleted: number;
  candidates: number;
  verifyUnits: number;
  verifyKeys: number;
  different: number;
  sourceDigest: number;
  targetDigest: number;
  inventory: number;
}

export function emptyCounters(): Counters {
  return {
    syncUnits: 0,
    syncKeys: 0,
    copied: 0,
    deleted: 0,
    candidates: 0,
    verifyUnits: 0,
    verifyKeys: 0,
    different: 0,
    sourceDigest: 0,
    targetDigest: 0,
    inventory: 0,
  };
}
