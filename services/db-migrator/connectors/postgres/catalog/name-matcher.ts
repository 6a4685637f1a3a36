import picomatch from 'picomatch';

const matchers = new WeakMap<string[], (name: string) => boolean>();

/** picomatch's globs over a whole name; a slash in a name is a character like any other. */
export function nameMatcher(globs: string[]): (name: string) => boolean {
  const known = matchers.get(globs);
  if (known) return known;
  const matches = globs.map((glob) => picomatch(asName(glob), { dot: true, windows: false, nonegate: true, flags: 's' }));
  const made = (name: string) => matches.some((match) => match(asName(name)));
  matchers.set(globs, made);
  return made;
}

/** picomatch takes slashes for folders, and a name of dots alone for none. */
function asName(text: string): string {
  return text.replaceAll('/', '\u{F8FF}');
}
