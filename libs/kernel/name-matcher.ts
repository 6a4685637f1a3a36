import picomatch from 'picomatch';

const matchers = new WeakMap<string[], (name: string) => boolean>();

/**
 * Tells whether a name, such as "schema.table", is matched by one of the globs as a whole (picomatch's syntax). A slash in a name is a
 * character like any other. Matchers are kept as long as their list of globs is, which must not be changed.
 */
export function nameMatcher(globs: string[]): (name: string) => boolean {
  const known = matchers.get(globs);
  if (known) return known;
  const matches = globs.map((glob) => picomatch(asName(glob), { dot: true, windows: false, nonegate: true, flags: 's' }));
  const made = (name: string) => matches.some((match) => match(asName(name)));
  matchers.set(globs, made);
  return made;
}

/** picomatch takes slashes for folders. */
function asName(text: string): string {
  return text.replaceAll('/', '\u{F8FF}');
}
