/**
 * A plain JSON value as RFC 8785 (JSON Canonicalization Scheme) writes it, so that equal values have equal bytes for anybody who recomputes
 * a hash. ECMAScript's own texts of numbers and strings are those of the RFC; only the order of names (UTF-16 code units) is added here.
 * Fields that are undefined are left out. Raises TypeError for what JSON cannot say: other types, infinities, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return scalar(value);
  const names = Object.keys(value).filter((name) => (value as Record<string, unknown>)[name] !== undefined);
  const fields = names.sort().map((name) => `${scalar(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`);
  return `{${fields.join(',')}}`;
}

function scalar(value: unknown): string {
  const isPlain =
    value === null ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && !LONE_SURROGATE.test(value));
  if (!isPlain) throw new TypeError(`canonical JSON has no ${typeof value} like this`);
  return JSON.stringify(value);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
