import { parse } from 'csv-parse/sync';
import { SmartantError } from '@smartant/kernel';
import { readText } from '../../files/read-text';

/** Columns of a list of hosts: who they are, and options of `smartant migrate`. */
export const HOST_COLUMNS = [
  'name',
  'source',
  'target',
  'sourceIdentity',
  'targetIdentity',
  'sourcePasswordFile',
  'targetPasswordFile',
  'sourcePasswordEnv',
  'targetPasswordEnv',
  'sourceHostKey',
  'targetHostKey',
  'confirmDisk',
  'exclude',
  'excludeMount',
  'stopService',
  'sourceAfter',
  'network',
  'probe',
  'size',
  'imageSize',
  'targetDirectory',
  'hostname',
  'keepMachineId',
  'newHostKeys',
  'engine',
  'takeOver',
  'action',
  'verify',
  'streams',
  'roundInterval',
  'bwlimit',
  'priority',
] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

/** Cells that may hold several values, separated by blanks. */
const LISTS: ReadonlySet<HostColumn> = new Set<HostColumn>([
  'sourceHostKey',
  'targetHostKey',
  'confirmDisk',
  'exclude',
  'excludeMount',
  'stopService',
  'network',
  'probe',
  'size',
  'action',
]);
/** Cells that say yes. */
const SWITCHES: ReadonlySet<HostColumn> = new Set<HostColumn>(['keepMachineId', 'newHostKeys', 'takeOver']);

/** One host of a list. `line`: of the file, from 1. */
export interface HostRow {
  line: number;
  cells: Partial<Record<HostColumn, string>>;
}

const MOST_BYTES = 4 << 20;
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');
/** As lists write it: "source_identity". */
const written = (column: HostColumn): string => column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const BY_PLAIN_NAME = new Map(HOST_COLUMNS.map((column) => [plain(column), column]));

/** Raises CLI_FILE_UNREADABLE, CLI_IMPORT_INVALID, CLI_IMPORT_SECRET_INLINE. */
export function readHostRows(path: string): HostRow[] {
  const text = readText(path, 'Check the name of the file.');
  if (Buffer.byteLength(text) > MOST_BYTES) throw invalid(`${path} is larger than 4 MiB`, 'Divide it.');
  const rows = readRows(path, text);
  const header = rows.shift()?.record.map((name) => columnNamed(name.trim()));
  if (!header) throw invalid(`${path} is empty`, 'Its first row names the columns.');
  for (const needed of ['name', 'source', 'target'] as const) {
    if (!header.includes(needed)) throw invalid(`${path} has no column "${needed}"`, 'Each host has a name, a source and a target.');
  }
  return rows.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(header.map((column, at) => [column, (record[at] ?? '').trim()] as const).filter(([, value]) => value !== '')),
  }));
}

/** A cell as the option of `smartant migrate` that it is named after. */
export function optionOf(column: HostColumn, cell: string): unknown {
  if (SWITCHES.has(column)) return /^(yes|true|1)$/i.test(cell) || undefined;
  return LISTS.has(column) ? cell.split(/\s+/) : cell;
}

interface Row {
  record: string[];
  info: { lines: number };
}

function readRows(path: string, text: string): Row[] {
  try {
    // With `info` each row comes with where it stood, which the types of the parser do not say.
    return parse(text, { bom: true, info: true, skip_empty_lines: true, relax_column_count: true }) as unknown as Row[];
  } catch {
    // Without its cause: the parser repeats what it could not read.
    throw invalid(`${path} cannot be read as CSV`, 'A comma between cells, quotes around cells that contain one.');
  }
}

function columnNamed(name: string): HostColumn {
  const known = BY_PLAIN_NAME.get(plain(name));
  if (known) return known;
  if (/secret|password|passwd|token|privatekey|passphrase/.test(plain(name))) {
    throw new SmartantError('CLI_IMPORT_SECRET_INLINE', `The column "${name}" would hold a secret in the clear.`, {
      kind: 'invalid',
      hint: 'Name a file in source_identity or source_password_file, or a variable in source_password_env.',
    });
  }
  throw invalid(`"${name}" is no column of a list of hosts`, `Known: ${HOST_COLUMNS.map(written).join(', ')}.`);
}

function invalid(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_IMPORT_INVALID', `${message}.`, { kind: 'invalid', hint });
}
