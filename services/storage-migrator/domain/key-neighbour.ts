const HIGHEST = '\u{10FFFF}';
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/**
 * A string that comes before `key` in UTF-8 order with (practically) no key between: the range (keyBefore(key), key] holds
 * just that key, so one object can be looked at again through a listing. Undefined for the empty key.
 */
export function keyBefore(key: string): string | undefined {
  const points = [...key];
  const last = points.pop()?.codePointAt(0);
  if (last === undefined) return undefined;
  const head = points.join('');
  // "a" + U+0000 follows "a" directly.
  if (last === 0) return head;
  const before = last === AFTER_SURROGATES ? FIRST_SURROGATE - 1 : last - 1;
  // U+0000 may not appear in an XML listing, and sorts before everything that can: the bare head does as well.
  if (before === 0) return head === '' ? undefined : head;
  return head + String.fromCodePoint(before) + HIGHEST;
}
