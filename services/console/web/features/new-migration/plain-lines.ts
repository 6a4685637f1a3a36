/** What was set, as dotted paths of the API and their values; lists of words on one line. */
export function plainLines(value: unknown, path = ''): [path: string, value: string][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [[path, String(value)]];
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.length === 0 ? [] : [[path, value.join(', ')]];
  return Object.entries(value).flatMap(([name, inner]) => plainLines(inner, path === '' ? name : `${path}.${name}`));
}
