import type { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../../context';
import type { OutputFormat } from '../../output/printer';
import { displayWidth, printable } from '../../output/table';
import type { ImportOutcome, ImportResult } from './import-entries';

const OUTCOME_WIDTH = 9;
const LINE_WIDTH = 6;

/** Prints each result as it comes, so that a long list is neither silent nor kept in memory. */
export class ImportReport {
  readonly counts: Record<ImportOutcome, number> = { created: 0, new: 0, unchanged: 0, failed: 0 };
  private begun = false;

  constructor(
    private readonly context: CliContext,
    private readonly format: OutputFormat,
  ) {}

  add(result: ImportResult): void {
    this.counts[result.outcome] += 1;
    if (this.format === 'json') this.print(`${this.begun ? ',' : '{"items":['}\n${JSON.stringify(asData(result))}`);
    else if (this.format === 'yaml') this.print(`${this.begun ? '' : 'items:\n'}  - ${JSON.stringify(asData(result))}`);
    else this.addRow(result);
    this.begun = true;
  }

  /** Ends what is printed: a document is whole whatever happened. */
  end(): void {
    const summary = { ...this.counts };
    if (this.format === 'json') this.print(`${this.begun ? '' : '{"items":['}\n],"summary":${JSON.stringify(summary)}}`);
    else if (this.format === 'yaml') this.print(`${this.begun ? '' : 'items: []\n'}summary: ${JSON.stringify(summary)}`);
    else this.print(this.context.messages.bulk.summary(this.counts));
  }

  private addRow({ line, name, outcome, error }: ImportResult): void {
    const { bulk } = this.context.messages;
    if (!this.begun) this.print(this.context.terminal.colors.dim(row(bulk.line, bulk.outcome, bulk.name)));
    this.print(row(String(line), bulk.outcomes[outcome], name ?? '-'));
    if (error) for (const text of explain(error)) this.print(`${' '.repeat(LINE_WIDTH + 2)}${printable(text)}`);
  }

  private print(text: string): void {
    this.context.terminal.print(text);
  }
}

const row = (line: string, outcome: string, name: string): string =>
  `${padding(line, LINE_WIDTH)}${line}  ${outcome}${padding(outcome, OUTCOME_WIDTH)}  ${printable(name)}`;

const padding = (text: string, width: number): string => ' '.repeat(Math.max(0, width - displayWidth(text)));

function explain(error: SmartantError): string[] {
  return [
    `${error.code}: ${error.message}`,
    ...error.fields.map(({ field, message }) => `  ${field}: ${message}`),
    ...(error.hint ? [error.hint] : []),
  ];
}

function asData({ line, name, outcome, error }: ImportResult): object {
  const failure = error && { code: error.code, message: error.message, hint: error.hint ?? null, fields: error.fields };
  return { line, name, outcome, error: failure };
}
