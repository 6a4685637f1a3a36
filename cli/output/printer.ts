import { SmartantError } from '@smartant/kernel';
import { stringify } from 'yaml';
import { renderTable, type Column } from './table';
import type { Terminal } from './terminal';

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Raises CLI_USAGE for a format that does not exist. */
export function readOutputFormat(text: string): OutputFormat {
  const found = OUTPUT_FORMATS.find((format) => format === text);
  if (found) return found;
  throw new SmartantError('CLI_USAGE', `"${text}" is not an output format.`, {
    kind: 'invalid',
    hint: `Use -o ${OUTPUT_FORMATS.join('|')}.`,
  });
}

/** Prints results in the format that was asked for. */
export class Printer {
  constructor(
    private readonly terminal: Terminal,
    readonly format: OutputFormat,
  ) {}

  /** True where a program reads the result: nothing but the result may be on stdout. */
  get structured(): boolean {
    return this.format === 'json' || this.format === 'yaml';
  }

  /** A list: a table, or the whole of it as data under `items`. */
  list<T>(rows: T[], columns: Column<T>[], whenEmpty: string): void {
    if (this.structured) return this.data({ items: rows });
    if (rows.length === 0) return this.terminal.note(whenEmpty);
    const [headings = '', ...lines] = renderTable(columns, rows, this.format === 'wide');
    this.terminal.print(this.terminal.colors.dim(headings));
    for (const line of lines) this.terminal.print(line);
  }

  /** One thing: as data, or as lines for people. */
  one(data: object, lines: () => string[]): void {
    if (this.structured) return this.data(data);
    for (const line of lines()) this.terminal.print(line);
  }

  /** A message about what was done; a program sees the data instead. */
  done(data: object, message: string): void {
    this.one(data, () => [message]);
  }

  private data(data: object): void {
    this.terminal.print(this.format === 'json' ? JSON.stringify(data, null, 2) : stringify(data).trimEnd());
  }
}
