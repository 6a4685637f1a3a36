import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CreateMigration } from '../api/api';
import type { Messages } from '../messages/messages';
import { parseSize, parseWhole } from '../endpoints/size';
import { collect } from './collect';

type DatabaseScope = NonNullable<Extract<CreateMigration['spec'], { kind: 'database' }>['database']>;

/** Options of `smartant migrate` for databases, as commander reads them. */
export interface DatabaseOptions {
  schema?: string[];
  excludeSchema?: string[];
  table?: string[];
  excludeTable?: string[];
  where?: string[];
  rename?: string[];
  tablespace?: string[];
  excludeColumn?: string[];
  renameColumn?: string[];
  snapshotOnly?: boolean;
  ifExists?: string;
  withRoles?: boolean;
  withPublications?: boolean;
  /** False with --no-reverse. */
  reverse?: boolean;
  /** False with --no-large-objects. */
  largeObjects?: boolean;
  jobs?: string;
  maxRetainedWal?: string;
}

export function addDatabaseOptions(command: Command, { database: { help } }: Messages): Command {
  return command
    .option('--schema <glob>', help.schema, collect)
    .option('--exclude-schema <glob>', help.excludeSchema, collect)
    .option('--table <glob>', help.table, collect)
    .option('--exclude-table <glob>', help.excludeTable, collect)
    .option('--where <table=condition>', help.where, collect)
    .option('--rename <name=name>', help.rename, collect)
    .option('--tablespace <name=name>', help.tablespace, collect)
    .option('--exclude-column <schema.table.column>', help.excludeColumn, collect)
    .option('--rename-column <schema.table.column=name>', help.renameColumn, collect)
    .option('--snapshot-only', help.snapshotOnly)
    .option('--if-exists <policy>', help.ifExists)
    .option('--with-roles', help.withRoles)
    .option('--with-publications', help.withPublications)
    .option('--no-reverse', help.noReverse)
    .option('--no-large-objects', help.noLargeObjects)
    .option('--jobs <n>', help.jobs)
    .option('--max-retained-wal <size>', help.maxRetainedWal)
    .option('--source-password-file <file>', help.sourcePasswordFile)
    .option('--target-password-file <file>', help.targetPasswordFile);
}

const IF_EXISTS = ['refuse', 'append', 'replace'] as const;
const VERIFY_LEVELS = ['content', 'counts', 'frozen'] as const;

/** What the options ask for; what they leave out is left to the server's defaults. Raises CLI_USAGE. */
export function readDatabaseScope(options: DatabaseOptions & { verify?: string }): DatabaseScope {
  const jobs = options.jobs === undefined ? undefined : parseWhole(options.jobs, '--jobs');
  const scope: DatabaseScope = {
    includeSchemas: options.schema,
    excludeSchemas: options.excludeSchema,
    includeTables: options.table,
    excludeTables: options.excludeTable,
    rows: options.where?.map((text) => pair(text, '--where', 'SCHEMA.TABLE=CONDITION', ([table, where]) => ({ table, where }))),
    renames: options.rename?.map((text) => pair(text, '--rename', 'NAME=NEW_NAME', ([from, to]) => ({ from, to }))),
    tablespaces: options.tablespace?.map((text) => pair(text, '--tablespace', 'NAME=NAME_AT_TARGET', ([from, to]) => ({ from, to }))),
    columns: columnChoices(options),
    mode: options.snapshotOnly ? 'snapshot' : undefined,
    targetPolicy: oneOf(IF_EXISTS, options.ifExists, '--if-exists'),
    roles: options.withRoles,
    publications: options.withPublications,
    // Their defaults are true, which the server knows too.
    reverse: options.reverse === false ? false : undefined,
    largeObjects: options.largeObjects === false ? false : undefined,
    tableJobs: jobs,
    indexJobs: jobs,
    verify: oneOf(VERIFY_LEVELS, options.verify, '--verify'),
    maxRetainedWalBytes: options.maxRetainedWal === undefined ? undefined : parseSize(options.maxRetainedWal, '--max-retained-wal'),
  };
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined));
}

/** One entry a table, in the order in which tables are named. */
function columnChoices({ excludeColumn = [], renameColumn = [] }: DatabaseOptions): DatabaseScope['columns'] {
  const choices = new Map<string, { table: string; exclude: string[]; renames: { from: string; to: string }[] }>();
  const of = (table: string) => {
    const choice = choices.get(table) ?? { table, exclude: [], renames: [] };
    choices.set(table, choice);
    return choice;
  };
  for (const text of excludeColumn) {
    const [table, column] = tableAndColumn(text, text, '--exclude-column', 'SCHEMA.TABLE.COLUMN');
    of(table).exclude.push(column);
  }
  for (const text of renameColumn) {
    const form = 'SCHEMA.TABLE.COLUMN=NEW_NAME';
    const [name, to] = pair(text, '--rename-column', form, (parts) => parts);
    const [table, from] = tableAndColumn(name, text, '--rename-column', form);
    of(table).renames.push({ from, to });
  }
  return choices.size === 0 ? undefined : [...choices.values()];
}

/** The last dot is the one before the column. */
function tableAndColumn(name: string, text: string, option: string, form: string): [string, string] {
  const dot = name.lastIndexOf('.');
  const [table, column] = [name.slice(0, dot), name.slice(dot + 1)];
  if (dot > 0 && table.includes('.') && column !== '') return [table, column];
  throw unreadable(option, text, form);
}

/** Split at the first "=": conditions have more of them. */
function pair<T>(text: string, option: string, form: string, make: (parts: [string, string]) => T): T {
  const at = text.indexOf('=');
  const parts: [string, string] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && parts[0] !== '' && parts[1] !== '') return make(parts);
  throw unreadable(option, text, form);
}

function unreadable(option: string, text: string, form: string): SmartantError {
  return new SmartantError('CLI_USAGE', `${option} "${text}" cannot be read.`, { kind: 'invalid', hint: `Write it as ${form}.` });
}

function oneOf<T extends string>(members: readonly T[], text: string | undefined, option: string): T | undefined {
  const member = members.find((each) => each === text);
  if (member !== undefined || text === undefined) return member;
  throw new SmartantError('CLI_USAGE', `${option} "${text}" is not known.`, { kind: 'invalid', hint: `Use ${members.join(', ')}.` });
}
