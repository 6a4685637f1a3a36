import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CreateMigration, MigrationKind } from '../api/api';
import type { CliContext } from '../context';
import type { SideNetworkOptions } from '../endpoints/network-options';
import { parseSize, parseWhole } from '../endpoints/size';
import { assertOptionsFit } from './assert-options-fit';
import { readDatabaseScope, type DatabaseOptions } from './database-options';
import { readHostScope, readRoundInterval, type HostOptions } from './host-options';
import { readLimits, type LimitOptions } from './limit-options';
import { readText } from '../files/read-text';

/** Options of `smartant migrate`, as commander reads them. */
export interface MigrateOptions extends LimitOptions, DatabaseOptions, HostOptions, SideNetworkOptions {
  include?: string[];
  exclude?: string[];
  filesFrom?: string;
  minSize?: string;
  maxSize?: string;
  priority?: string;
  dryRun?: boolean;
  delete?: boolean;
  maxDelete?: string;
  copyLinks?: boolean;
  /** False with --no-directory-markers. */
  directoryMarkers?: boolean;
  partSize?: string;
  quarantineCap?: string;
  verify?: string;
  name?: string;
  frozen?: boolean;
  autoCutover?: boolean;
  autoFinalize?: boolean;
  watch?: boolean;
  yes?: boolean;
  sourcePasswordFile?: string;
  targetPasswordFile?: string;
  sourceIdentity?: string;
  targetIdentity?: string;
  sourceHostKey?: string[];
  targetHostKey?: string[];
}

const VERIFY_LEVELS = ['content', 'checksum', 'inventory'] as const;

/** The specification that the options ask for; what they leave out is left to the server's defaults. Raises CLI_USAGE, CLI_FILE_UNREADABLE. */
export async function readSpec(context: CliContext, kind: MigrationKind, options: MigrateOptions): Promise<CreateMigration['spec']> {
  assertOptionsFit(kind, options);
  const common = commonSpec(options);
  const quarantine = options.quarantineCap === undefined ? {} : { quarantineCap: parseWhole(options.quarantineCap, '--quarantine-cap') };
  if (kind === 'database') return { kind, database: { ...readDatabaseScope(options), ...quarantine }, ...common };
  const interval = readRoundInterval(options);
  if (kind === 'host') return { kind, host: { ...readHostScope(context, options), ...quarantine }, ...common, ...interval };
  return { kind, storage: { ...(await readStorageScope(context, options)), ...quarantine }, ...common, ...interval };
}

function commonSpec(options: MigrateOptions): Pick<CreateMigration['spec'], 'limits' | 'priority' | 'cutover'> {
  return {
    limits: readLimits(options),
    ...(options.priority === undefined ? {} : { priority: parseWhole(options.priority, '--priority') }),
    cutover: options.yes
      ? { mode: 'automatic', finalize: 'automatic', sourceFrozen: true }
      : {
          mode: options.autoCutover ? 'automatic' : 'manual',
          finalize: options.autoFinalize ? 'automatic' : 'manual',
          sourceFrozen: options.frozen === true,
        },
  };
}

type StorageScope = NonNullable<Extract<CreateMigration['spec'], { kind: 'storage' }>['storage']>;

async function readStorageScope(context: CliContext, options: MigrateOptions): Promise<StorageScope> {
  return withoutUndefined({
    include: options.include,
    exclude: options.exclude,
    filesFrom: options.filesFrom === undefined ? undefined : await readKeys(context, options.filesFrom),
    minSizeBytes: options.minSize === undefined ? undefined : parseSize(options.minSize, '--min-size'),
    maxSizeBytes: options.maxSize === undefined ? undefined : parseSize(options.maxSize, '--max-size'),
    deletePolicy: options.delete === undefined ? undefined : options.delete ? ('propagate' as const) : ('keep' as const),
    maxDeletes: options.maxDelete === undefined ? undefined : parseWhole(options.maxDelete, '--max-delete'),
    symlinks: options.copyLinks ? ('follow' as const) : undefined,
    // Its default is true, which the server knows too.
    directoryMarkers: options.directoryMarkers === false ? false : undefined,
    partSizeBytes: options.partSize === undefined ? undefined : parseSize(options.partSize, '--part-size'),
    verify: options.verify === undefined ? undefined : readVerifyLevel(options.verify),
  });
}

function readVerifyLevel(text: string): (typeof VERIFY_LEVELS)[number] {
  const level = VERIFY_LEVELS.find((each) => each === text);
  if (level) return level;
  throw new SmartantError('CLI_USAGE', `--verify "${text}" is not a way to verify.`, {
    kind: 'invalid',
    hint: `Use ${VERIFY_LEVELS.join(', ')}.`,
  });
}

/** One key a line; empty lines and those that begin with "#" or ";" are left out, as in rclone. */
async function readKeys(context: CliContext, file: string): Promise<string[]> {
  const text =
    file === '-'
      ? await context.terminal.readAll()
      : readText(resolve(context.cwd, file), '--files-from names a text file, or - for stdin.');
  const keys = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !/^[#;]/.test(line))
    .map((line) => line.replace(/^\//, ''));
  if (keys.length > 0) return [...new Set(keys)];
  // An empty list would mean "everything" to the server.
  throw new SmartantError('CLI_USAGE', '--files-from names no keys.', { kind: 'invalid', hint: 'Write one key a line.' });
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
