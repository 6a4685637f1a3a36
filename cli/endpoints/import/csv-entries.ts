import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { SmartantError } from '@smartant/kernel';
import { CsvError, parse } from 'csv-parse';
import { entryInvalid, fieldNamed, type ImportEntry, type ImportField } from './import-fields';

/** No entry of ours is longer; an open quote must not read the rest of the file into memory. */
const LONGEST_RECORD = 256 * 1024;

interface Row {
  record: string[];
  info: { lines: number };
}

/**
 * Reads a CSV file (RFC 4180) as it goes, so that its length costs no memory. The first row names the fields. A byte order mark, CRLF and
 * blank lines are borne; a row that cannot be read becomes an entry with its error. Raises CLI_FILE_UNREADABLE, CLI_IMPORT_INVALID,
 * CLI_IMPORT_SECRET_INLINE.
 */
export async function* csvEntries(path: string): AsyncGenerator<ImportEntry> {
  const broken: ImportEntry[] = [];
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    // Else one stray quote would swallow the rows below it; `entryOf` refuses the row instead.
    relax_quotes: true,
    skip_records_with_error: true,
    max_record_size: LONGEST_RECORD,
    on_skip: (error) => void broken.push({ line: Number(error?.['lines'] ?? 0), error: unreadableRow(error) }),
  });
  // The parser hands on the failures of the file.
  pipeline(createReadStream(path), parser, () => undefined);
  let header: ImportField[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<Row>) {
      yield* broken.splice(0);
      if (header) yield entryOf(header, record, info.lines);
      else header = readHeader(record);
    }
  } catch (error) {
    if (error instanceof SmartantError) throw error;
    throw unreadableFile(path, error);
  }
  yield* broken;
  if (!header)
    throw new SmartantError('CLI_IMPORT_INVALID', `${path} is empty.`, { kind: 'invalid', hint: 'Its first row names the fields.' });
}

function readHeader(names: string[]): ImportField[] {
  const fields = names.map((name) => fieldNamed(name.trim()));
  const twice = fields.find((field, at) => fields.indexOf(field) !== at);
  if (!twice) return fields;
  throw new SmartantError('CLI_IMPORT_INVALID', `The field "${twice}" is named twice.`, { kind: 'invalid', hint: 'Name each field once.' });
}

function entryOf(header: ImportField[], record: string[], line: number): ImportEntry {
  if (record.length > header.length) {
    return {
      line,
      error: entryInvalid(`The row has ${record.length} cells, the header ${header.length}.`, 'Quote cells that contain a comma.'),
    };
  }
  if (record.some((cell) => cell.startsWith('"'))) return { line, error: unreadableRow(undefined) };
  const filled = header.map((field, at) => [field, (record[at] ?? '').trim()] as const).filter(([, value]) => value !== '');
  return { line, fields: Object.fromEntries(filled) };
}

/** What is in the row is not repeated: a secret may have been put there. */
function unreadableRow(error: CsvError | undefined): SmartantError {
  const reason =
    error?.code === 'CSV_MAX_RECORD_SIZE' || error?.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'is too long, or a quote in it is not closed'
      : 'is not well formed';
  return entryInvalid(`The row ${reason}.`, 'A cell with quotes, commas or line breaks stands in quotes; a quote in it is written twice.');
}

function unreadableFile(path: string, cause: unknown): SmartantError {
  if (cause instanceof CsvError) {
    const hint = 'Write it as CSV in UTF-8: a comma between cells, quotes around cells that contain one.';
    return new SmartantError('CLI_IMPORT_INVALID', `${path} cannot be read as CSV (${cause.code}).`, { kind: 'invalid', hint, cause });
  }
  return new SmartantError('CLI_FILE_UNREADABLE', `${path} cannot be read.`, {
    kind: 'invalid',
    hint: 'Check the name of the file.',
    cause,
  });
}
