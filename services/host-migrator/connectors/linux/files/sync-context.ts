import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import { DECOMPRESS, type Carrier, type Codec, type Ends } from './carrier';
import { chooseCarrier, closeCarrier, commonCodec, streamCount, takeAtBoth, type Directories } from './choose-carrier';
import { confineTo, unconfined, type Confine } from './confine';
import { under, type FilesOptions, type MigratedFileSystem } from './files-options';
import { relativeDirectory } from './remove-paths';
import { requirePrograms } from './require-programs';
import { createCommand, extractCommand } from './tar-commands';
import type { WorkDirectory } from './work-directory';
import type { SortPlace } from './walk';

/** What both ends are ready for, to be compared. */
export interface ComparisonContext {
  /** Where anything is mounted at the source, as paths of its tree. */
  mounts: ReadonlySet<string>;
  sortSource: SortPlace;
  sortTarget: SortPlace;
  streams: number;
}

/** What both ends are ready for, to be made alike. */
export interface SyncContext extends ComparisonContext {
  confine: Confine;
  carrier: Carrier;
  /** By the place of the filesystem in the options. */
  ends: readonly Ends[];
  /** What both sides can pack with. */
  packed: Codec;
  close(): Promise<void>;
}

/** Enough for sorting the list of a small host; a larger one says that it has no room. */
const LEAST_SORT_BYTES = 64 * 1024 * 1024;

/** Prepares both ends: directories of ours, programs, the way between them. Raises HOST_TARGET_ROOT_REFUSED, HOST_NO_WORK_DIRECTORY, HOST_PROGRAMS_UNFIT. */
export async function openSync(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<SyncContext> {
  await Promise.all([requirePrograms(options.source, 'source', signal), requirePrograms(options.target, 'target', signal)]);
  const directories = await takeDirectories(job, options, signal);
  const comparison = await contextOf(job, options, directories, signal);
  const confine = await chooseConfine(job, options, directories.ofTarget, signal);
  const ends = options.fileSystems.map((fileSystem) => endsOf(fileSystem, options, confine));
  const packed = await commonCodec(options, signal);
  const carrier = await chooseCarrier(job, options, { ...directories, lanes: ends }, signal);
  return {
    ...comparison,
    confine,
    ends,
    carrier,
    packed,
    close: () => closeCarrier(carrier),
  };
}

function endsOf({ mount, type }: MigratedFileSystem, { sourceRoot }: FilesOptions, confine: Confine): Ends {
  const [sourceDirectory, targetDirectory, plain] = [under(sourceRoot, mount), relativeDirectory(mount), type === 'vfat'];
  return {
    sourceDirectory,
    targetDirectory,
    plain,
    read: createCommand(sourceDirectory),
    write: (codec) => confine(extractCommand(targetDirectory, { plain, decompress: DECOMPRESS[codec] })),
  };
}

/** Prepares both ends for reading alone. */
export async function openComparison(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<ComparisonContext> {
  return contextOf(job, options, await takeDirectories(job, options, signal), signal);
}

/** Prepares the target alone for what changes single entries there. */
export async function openTarget(
  job: HostJob,
  options: FilesOptions,
  signal: AbortSignal,
): Promise<{ confine: Confine; mounts: ReadonlySet<string> }> {
  const { ofTarget } = await takeDirectories(job, options, signal);
  return { confine: await chooseConfine(job, options, ofTarget, signal), mounts: await mountsOf(options, signal) };
}

function takeDirectories({ migrationId }: HostJob, options: FilesOptions, signal: AbortSignal): Promise<Directories> {
  if (!/^\/[^/]/.test(options.targetRoot)) throw rootRefused(options.targetRoot);
  return takeAtBoth(options, migrationId, signal);
}

async function contextOf(job: HostJob, options: FilesOptions, directories: Directories, signal: AbortSignal): Promise<ComparisonContext> {
  const sortTarget = { session: options.target, directory: roomiest(directories.ofTarget) };
  const onSource = directories.ofSource.find(({ inMemory, freeBytes }) => !inMemory && freeBytes >= LEAST_SORT_BYTES);
  const [mounts, streams] = await Promise.all([mountsOf(options, signal), streamCount(job, options, signal)]);
  const sortSource = onSource ? { session: options.source, directory: onSource.path } : sortTarget;
  return { mounts, streams, sortTarget, sortSource };
}

function roomiest(directories: readonly WorkDirectory[]): string {
  const [first] = directories.toSorted((a, b) => b.freeBytes - a.freeBytes);
  if (first) return first.path;
  throw new SmartantError(
    'HOST_NO_WORK_DIRECTORY',
    'The target has no directory that can be written to (/var/tmp, /tmp, /root, /run, /dev/shm).',
    {
      kind: 'precondition',
      hint: 'A rescue system has all of them. Look at the mounts of the target.',
    },
  );
}

async function chooseConfine(
  job: HostJob,
  options: FilesOptions,
  directories: readonly WorkDirectory[],
  signal: AbortSignal,
): Promise<Confine> {
  const { target, targetRoot } = options;
  const stage = `${roomiest(directories)}/stage`;
  await target.run(['mkdir', '-p', stage], { signal });
  const confine = confineTo(stage, targetRoot);
  const { exitCode, stderr } = await target.run(confine(['true']), { signal, okCodes: Array.from({ length: 256 }, (_, code) => code) });
  if (exitCode === 0) return confine;
  job.warn('The target has no mount namespaces: what is written there is kept to its directory by names alone.', {
    stderr: stderr.slice(-300),
  });
  return unconfined(targetRoot);
}

/** Raises nothing where /proc is not mounted: then nothing else is either. */
async function mountsOf({ source, sourceRoot }: FilesOptions, signal: AbortSignal): Promise<Set<string>> {
  const { stdout } = await source.run(['sh', '-c', 'cat /proc/self/mountinfo 2>/dev/null; exit 0'], { signal });
  const paths = stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? []);
  const prefix = sourceRoot === '/' ? '/' : `${sourceRoot}/`;
  return new Set(paths.map(unescapeMount).flatMap((path) => (path.startsWith(prefix) ? [`/${path.slice(prefix.length)}`] : [])));
}

/** The kernel writes spaces and the like as "\040". */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

function rootRefused(root: string): SmartantError {
  return new SmartantError(
    'HOST_TARGET_ROOT_REFUSED',
    'The root of a target must be a directory of its own: a whole running system would be replaced.',
    {
      kind: 'invalid',
      actor: 'bug',
      details: { root },
    },
  );
}
