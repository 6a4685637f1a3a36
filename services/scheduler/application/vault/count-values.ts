import type { SealedValues } from '../ports/sealed-values';

/** Values of one area, by the key that their data keys are wrapped under. */
export interface AreaCount {
  name: string;
  byKey: { keyId: string; values: number }[];
}

/** Looks through every area: on a large database this takes a moment. */
export async function countValues(sealed: readonly SealedValues[]): Promise<AreaCount[]> {
  const counts: AreaCount[] = [];
  for (const area of sealed) counts.push({ name: area.name, byKey: await area.countByKey() });
  return counts;
}

/** Values of all areas by key. */
export function valuesByKey(areas: readonly AreaCount[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { byKey } of areas) for (const { keyId, values } of byKey) sums.set(keyId, (sums.get(keyId) ?? 0) + values);
  return sums;
}
