/** Additive counters, by name. Generic: each migrator names its own. Absent means 0. */
export type LedgerCounters = Record<string, number>;

/** Adds `delta` to `into`, in place. */
export function addToLedger(into: LedgerCounters, delta: LedgerCounters): void {
  for (const [name, value] of Object.entries(delta)) into[name] = (into[name] ?? 0) + value;
}

/** The sum of two ledgers. */
export function sumLedgers(a: LedgerCounters, b: LedgerCounters): LedgerCounters {
  const sum = { ...a };
  addToLedger(sum, b);
  return sum;
}
