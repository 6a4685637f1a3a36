/** Differences that are kept of a verification that counts all of them. */
export const KEPT_DIFFERENCES = 100;

/** A bounded sample of a verification's differences: those that nobody has waived come first, else their order stays. */
export function keptDifferences<Difference extends { waived: boolean }>(differences: readonly Difference[]): Difference[] {
  const ordered = [...differences.filter(({ waived }) => !waived), ...differences.filter(({ waived }) => waived)];
  return ordered.slice(0, KEPT_DIFFERENCES);
}
