/** Permissive licences (SPDX ids). Data in the public domain counts too. */
const permissive = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'ISC',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Zlib',
  'Python-2.0',
  'PSF-2.0',
  'PostgreSQL',
  'CC-BY-4.0',
  'CC-BY-3.0',
]);

/** Packages whose metadata names their licence loosely; the text of each was read. */
const readByUs = new Map([
  ['ansi-color@0.2.2', 'BSD-3-Clause'],
  ['@darabonba/typescript@1.0.5', 'Apache-2.0'],
]);

/** Whether an SPDX expression lets one choose permissive terms: one side of an OR, both of an AND. */
export function isPermissive(expression) {
  const text = expression.trim().replace(/^\((.*)\)$/, '$1');
  if (/\bOR\b/.test(text)) return text.split(/\bOR\b/).some(isPermissive);
  if (/\bAND\b/.test(text)) return text.split(/\bAND\b/).every(isPermissive);
  // An asterisk: the checker guessed it from the text of the licence file.
  return permissive.has(text.replace(/\*$/, ''));
}

/** Counts the accepted licences and lists the packages under any other. */
export function judgeLicences(packages) {
  const accepted = new Map();
  const refused = [];
  for (const [name, { licenses }] of Object.entries(packages)) {
    const licence = readByUs.get(name) ?? (Array.isArray(licenses) ? licenses.join(' AND ') : String(licenses));
    if (isPermissive(licence)) accepted.set(licence, (accepted.get(licence) ?? 0) + 1);
    else refused.push({ name, licence });
  }
  return { accepted: [...accepted].sort(([, a], [, b]) => b - a), refused };
}
