const SUFFIXES: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/**
 * A quantity such as "250m", "1.5Gi" or "1e3" as a number of its base unit (cores, bytes, pieces); 0 for none and for what is no quantity.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantityOf(text: string | undefined): number {
  const [, digits, suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(text ?? '') ?? [];
  if (digits === undefined) return 0;
  const factor = suffix === '' ? 1 : SUFFIXES[suffix];
  const value = Number(digits) * (factor ?? Number.NaN);
  return Number.isFinite(value) ? value : 0;
}
