import { SmartantError } from '@smartant/kernel';
import type { HostJob } from '../../../application/ports/host-engine';
import { DECOMPRESS, RelayCarrier, type Carrier, type Codec, type Ends } from './carrier';
import { Confinement, confineTo, unconfined, type Confine } from './confine';
import { under, type FilesOptions, type MigratedFileSystem } from './files-options';
import { commonCodec, lookAtBoth, streamCount, type FactsOfBoth, type HostFacts } from './host-facts';
import { relativeDirectory } from './remove-paths';
import { requirePrograms } from './require-programs';
import { beginRound, type RoundTimes } from './sync-state';
import { createCommand, extractCommand } from './tar-commands';
import type { SortPlace } from './walk';
import { Way } from './way';

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
  times: RoundTimes;
  /** Found out when it is asked for. */
  confine(): Promise<Confine>;
  way: Way;
  /** For little: through us, over connections that are there already. */
  near: Carrier;
  /** By the place of the filesystem in the options. */
  ends: readonly Ends[];
  /** What both sides can pack with. */
  packed: Codec;
  /** Once, however often it is called. */
  close(): Promise<void>;
}

/** Enough for sorting the list of a small host; a larger one says that it has no room. */
const LEAST_SORT_BYTES = 64 * 1024 * 1024;

/**
 * Prepares both ends, and begins a round: directories of ours, programs. The way between them waits for whoever carries first, but for the
 * first round, which will. Raises HOST_TARGET_ROOT_REFUSED, HOST_NO_WORK_DIRECTORY, HOST_PROGRAMS_UNFIT.
 */
export async function openSync(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<SyncContext> {
  const facts = await lookAtBothEnds(job, options, signal);
  requirePrograms(facts.ofSource, 'source');
  requirePrograms(facts.ofTarget, 'target');
  const comparison = contextOf(job, options, facts);
  const times = await beginRound(job, facts);
  const confinement = new Confinement(() => chooseConfine(job, options, facts.ofTarget, signal));
  const confine = () => confinement.ready();
  const ends = options.fileSystems.map((fileSystem) => endsOf(fileSystem, options, confinement.confine));
  const way = new Way({ job, sides: options, facts, lanes: ends, prepare: confine });
  if (times.first) way.open(signal).catch(() => undefined);
  let closing: Promise<void> | undefined;
  return {
    ...comparison,
    times,
    confine,
    ends,
    way,
    near: new RelayCarrier(options.source, options.target, { source: false, target: false }),
    packed: commonCodec(facts),
    close: () => (closing ??= way.close(times.resumed)),
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
  return contextOf(job, options, await lookAtBothEnds(job, options, signal));
}

/** Prepares the target for what changes single entries there. */
export async function openTarget(
  job: HostJob,
  options: FilesOptions,
  signal: AbortSignal,
): Promise<{ confine: Confine; mounts: ReadonlySet<string> }> {
  const { ofSource, ofTarget } = await lookAtBothEnds(job, options, signal);
  return { confine: await chooseConfine(job, options, ofTarget, signal), mounts: mountsOf(options, ofSource) };
}

async function lookAtBothEnds({ migrationId }: HostJob, options: FilesOptions, signal: AbortSignal): Promise<FactsOfBoth> {
  if (!/^\/[^/]/.test(options.targetRoot)) throw rootRefused(options.targetRoot);
  return lookAtBoth(options, migrationId, signal);
}

function contextOf(job: HostJob, options: FilesOptions, facts: FactsOfBoth): ComparisonContext {
  const sortTarget = { session: options.target, directory: roomiest(facts.ofTarget) };
  const onSource = facts.ofSource.directories.find(({ inMemory, freeBytes }) => !inMemory && freeBytes >= LEAST_SORT_BYTES);
  return {
    mounts: mountsOf(options, facts.ofSource),
    streams: streamCount(job, facts),
    sortTarget,
    sortSource: onSource ? { session: options.source, directory: onSource.path } : sortTarget,
  };
}

function roomiest({ directories }: HostFacts): string {
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

const NO_STAGE = 250;

function noStage(stage: string, stderr: string): SmartantError {
  return new SmartantError('HOST_NO_WORK_DIRECTORY', `The target does not let ${stage} be made: ${stderr.trim().slice(-300)}`, {
    kind: 'unavailable',
    retry: { kind: 'backoff' },
    hint: 'It is tried again. Look at the room, the inodes and the mounts of the target.',
  });
}

async function chooseConfine(job: HostJob, options: FilesOptions, facts: HostFacts, signal: AbortSignal): Promise<Confine> {
  const { target, targetRoot } = options;
  const stage = `${roomiest(facts)}/stage`;
  const confine = confineTo(stage, targetRoot);
  const trial = ['sh', '-c', `mkdir -p "$1" || exit ${NO_STAGE}; shift; exec "$@"`, 'sh', stage, ...confine(['true'])];
  const { exitCode, stderr } = await target.run(trial, { signal, okCodes: Array.from({ length: 256 }, (_, code) => code) });
  if (exitCode === 0) return confine;
  if (exitCode === NO_STAGE) throw noStage(stage, stderr);
  job.warn('The target has no mount namespaces: what is written there is kept to its directory by names alone.', {
    stderr: stderr.slice(-300),
  });
  return unconfined(targetRoot);
}

function mountsOf({ sourceRoot }: FilesOptions, { mounts }: HostFacts): Set<string> {
  const prefix = sourceRoot === '/' ? '/' : `${sourceRoot}/`;
  return new Set(mounts.flatMap((path) => (path.startsWith(prefix) ? [`/${path.slice(prefix.length)}`] : [])));
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
