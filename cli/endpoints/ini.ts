/** Sections of an INI file as rclone and AWS write them: `name = value`, comments by `#` or `;` at the start of a line, no escapes. */
export function parseIni(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const heading = /^\[(.+)\]$/.exec(line);
    if (heading) {
      section = new Map();
      sections.set((heading[1] ?? '').trim(), section);
      continue;
    }
    const at = line.indexOf('=');
    if (section && at > 0) section.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return sections;
}
