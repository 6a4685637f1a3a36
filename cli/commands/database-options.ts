import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CreateMigration, MigrationKind } from '../api/api';
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
  snapshotOnly?: boolean;
  ifExists?: string;
  withRoles?: boolean;
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
    .option('--snapshot-only', help.snapshotOnly)
    .option('--if-exists <policy>', help.ifExists)
    .option('--with-roles', help.withRoles)
    .option('--no-reverse', help.noReverse)
    .option('--no-large-objects', help.noLargeObjects)
    .option('--jobs <n>', help.jobs)
    .option('--max-retained-wal <size>', help.maxRetainedWal)
    .option('--source-password-file <file>', help.sourcePasswordFile)
    .option('--target-password-file <file>', help.targetPasswordFile);
}

const IF_EXISTS = ['refuse', 'append', 'replace'] as const;
const VERIFY_LEVELS = ['content', 'counts'] as const;

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
    mode: options.snapshotOnly ? 'snapshot' : undefined,
    targetPolicy: oneOf(IF_EXISTS, options.ifExists, '--if-exists'),
    roles: options.withRoles,
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

const OF_DATABASES: Record<keyof DatabaseOptions, string> = {
  schema: '--schema',
  excludeSchema: '--exclude-schema',
  table: '--table',
  excludeTable: '--exclude-table',
  where: '--where',
  rename: '--rename',
  snapshotOnly: '--snapshot-only',
  ifExists: '--if-exists',
  withRoles: '--with-roles',
  reverse: '--no-reverse',
  largeObjects: '--no-large-objects',
  jobs: '--jobs',
  maxRetainedWal: '--max-retained-wal',
};

const OF_STORAGE = {
  include: '--include',
  exclude: '--exclude',
  filesFrom: '--files-from',
  minSize: '--min-size',
  maxSize: '--max-size',
  delete: '--delete',
  maxDelete: '--max-delete',
  // Databases are asked for rows, not for objects one by one.
  tpslimit: '--tpslimit',
} as const;

/** Options of the other kind would be lost without a word. Raises CLI_USAGE. */
export function assertOptionsFit(kind: MigrationKind, options: object): void {
  const others: Record<string, string> = kind === 'database' ? OF_STORAGE : OF_DATABASES;
  const given = options as Record<string, unknown>;
  const isGiven = (name: string) => (name === 'reverse' || name === 'largeObjects' ? given[name] === false : given[name] !== undefined);
  const stray = Object.entries(others).filter(([name]) => isGiven(name));
  if (stray.length === 0) return;
  throw new SmartantError('CLI_USAGE', `${stray.map(([, option]) => option).join(', ')}: not for a migration of kind "${kind}".`, {
    kind: 'invalid',
    hint:
      kind === 'database'
        ? 'Choose tables by --schema, --table and --where, and limit by --bwlimit, --jobs and --window.'
        : 'Choose objects by --include, --exclude and --files-from.',
  });
}

/** Split at the first "=": conditions have more of them. */
function pair<T>(text: string, option: string, form: string, make: (parts: [string, string]) => T): T {
  const at = text.indexOf('=');
  const parts: [string, string] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && parts[0] !== '' && parts[1] !== '') return make(parts);
  throw new SmartantError('CLI_USAGE', `${option} "${text}" cannot be read.`, { kind: 'invalid', hint: `Write it as ${form}.` });
}

function oneOf<T extends string>(members: readonly T[], text: string | undefined, option: string): T | undefined {
  const member = members.find((each) => each === text);
  if (member !== undefined || text === undefined) return member;
  throw new SmartantError('CLI_USAGE', `${option} "${text}" is not known.`, { kind: 'invalid', hint: `Use ${members.join(', ')}.` });
}
