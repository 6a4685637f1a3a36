import { SmartantError } from '@smartant/kernel';
import type { MigrationKind } from '../api/api';
import type { DatabaseOptions } from './database-options';
import type { HostOptions } from './host-options';

const OF_DATABASES: Record<keyof DatabaseOptions, string> = {
  schema: '--schema',
  excludeSchema: '--exclude-schema',
  table: '--table',
  excludeTable: '--exclude-table',
  where: '--where',
  rename: '--rename',
  tablespace: '--tablespace',
  excludeColumn: '--exclude-column',
  renameColumn: '--rename-column',
  snapshotOnly: '--snapshot-only',
  ifExists: '--if-exists',
  withRoles: '--with-roles',
  withPublications: '--with-publications',
  reverse: '--no-reverse',
  largeObjects: '--no-large-objects',
  jobs: '--jobs',
  maxRetainedWal: '--max-retained-wal',
};

const OF_STORAGE = {
  include: '--include',
  filesFrom: '--files-from',
  minSize: '--min-size',
  maxSize: '--max-size',
  delete: '--delete',
  maxDelete: '--max-delete',
  copyLinks: '--copy-links',
  directoryMarkers: '--no-directory-markers',
  partSize: '--part-size',
} as const;

const OF_HOSTS: Record<Exclude<keyof HostOptions, 'roundInterval'>, string> & Record<string, string> = {
  engine: '--engine',
  excludeMount: '--exclude-mount',
  confirmDisk: '--confirm-disk',
  size: '--size',
  targetDirectory: '--target-directory',
  imageSize: '--image-size',
  stopService: '--stop-service',
  sourceAfter: '--source-after',
  network: '--network',
  hostname: '--hostname',
  keepMachineId: '--keep-machine-id',
  newHostKeys: '--new-host-keys',
  takeOver: '--take-over',
  probe: '--probe',
  action: '--action',
  direct: '--no-direct',
  streams: '--streams',
  compress: '--compress',
  keepGuestTools: '--keep-guest-tools',
  serialConsole: '--no-serial-console',
  sourceIdentity: '--source-identity',
  targetIdentity: '--target-identity',
  sourceHostKey: '--source-host-key',
  targetHostKey: '--target-host-key',
};

/** Databases have tables where the others have paths. */
const OF_OTHERS: Record<MigrationKind, Record<string, string>> = {
  storage: { ...OF_DATABASES, ...OF_HOSTS },
  database: { ...OF_STORAGE, ...OF_HOSTS, exclude: '--exclude', roundInterval: '--round-interval' },
  // A host is read in streams, not by requests.
  host: { ...OF_STORAGE, ...OF_DATABASES, tpslimit: '--tpslimit' },
};

const HINTS: Record<MigrationKind, string> = {
  storage: 'Choose objects by --include, --exclude and --files-from.',
  database: 'Choose tables by --schema, --table and --where, and limit by --bwlimit, --tpslimit, --jobs and --window.',
  host: 'Choose files by --exclude and --exclude-mount, and limit by --bwlimit, --streams and --window.',
};

/** True unless somebody says no. */
const NEGATED = new Set(['reverse', 'largeObjects', 'direct', 'directoryMarkers', 'serialConsole']);

/** Options of another kind would be lost without a word. Raises CLI_USAGE. */
export function assertOptionsFit(kind: MigrationKind, options: object): void {
  const given = options as Record<string, unknown>;
  const isGiven = (name: string) => (NEGATED.has(name) ? given[name] === false : given[name] !== undefined);
  const stray = Object.entries(OF_OTHERS[kind]).filter(([name]) => isGiven(name));
  if (stray.length === 0) return;
  throw new SmartantError('CLI_USAGE', `${stray.map(([, option]) => option).join(', ')}: not for a migration of kind "${kind}".`, {
    kind: 'invalid',
    hint: HINTS[kind],
  });
}
