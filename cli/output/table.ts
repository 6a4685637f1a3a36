/** One column: its heading, and how a row fills it. */
export interface Column<T> {
  heading: string;
  value: (row: T) => string;
  align?: 'left' | 'right';
  /** Shown with `-o wide` alone. */
  wide?: boolean;
}

/** Lines of a table as kubectl prints it: headings, two spaces between columns, no rules, no spaces at the ends. */
export function renderTable<T>(columns: Column<T>[], rows: T[], wide = false): string[] {
  const shown = columns.filter((column) => wide || !column.wide);
  const cells = [shown.map((column) => column.heading), ...rows.map((row) => shown.map((column) => printable(column.value(row))))];
  const widths = shown.map((_, index) => Math.max(...cells.map((line) => displayWidth(line[index] ?? ''))));
  return cells.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, shown[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
}

/** Two-column lines, "Label:  value", for one thing in detail. */
export function renderDetails(pairs: [label: string, value: string][]): string[] {
  const width = Math.max(...pairs.map(([label]) => displayWidth(label)));
  return pairs.map(([label, value]) => `${pad(`${label}:`, width + 1, 'left')}  ${printable(value)}`.trimEnd());
}

/** Control characters made visible: names of objects are hostile, and must not steer the terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Columns that a text takes on a terminal: wide East Asian characters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? spaces + text : text + spaces;
}
