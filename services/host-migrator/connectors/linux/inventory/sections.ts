export interface Section {
  text: string;
  /** Null: it was not told, so the script was cut off there. */
  status: number | null;
}

/** The parts of what the inventory's script wrote, by their names. */
export function splitSections(output: string, mark: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let current: Section | undefined;
  let lines: string[] = [];
  for (const line of output.split('\n')) {
    if (!line.startsWith(`${mark} `)) {
      lines.push(line);
      continue;
    }
    const rest = line.slice(mark.length + 1);
    if (rest.startsWith('= ')) {
      // The line end before the mark is the script's own.
      if (current) Object.assign(current, { text: lines.slice(0, -1).join('\n'), status: Number(rest.slice(2)) });
      current = undefined;
    } else {
      sections.set(rest, (current = { text: '', status: null }));
    }
    lines = [];
  }
  return sections;
}

/** Lines that are not blank. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** What stands behind "# name" lines, by those names. */
export function splitNamed(text: string): Map<string, string[]> {
  const named = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of linesOf(text)) {
    if (line.startsWith('# ')) named.set(line.slice(2).trim(), (lines = []));
    else lines.push(line);
  }
  return named;
}
