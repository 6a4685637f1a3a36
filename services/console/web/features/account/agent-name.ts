/** The most telling first: a browser names those before it too. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, 'Edge'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biP(?:hone|ad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** What a person calls the program of a User-Agent header: "Firefox · Linux", or the header's first word. Null where there is none. */
export function agentName(userAgent: string | null): string | null {
  if (!userAgent) return null;
  const named = (table: typeof PROGRAMS) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const program = named(PROGRAMS) ?? userAgent.split(' ')[0];
  return [program, named(SYSTEMS)].filter((part) => part !== undefined).join(' · ');
}
