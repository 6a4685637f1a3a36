import type { HostJob } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import type { Confine } from './confine';
import { exclusionsFor } from './exclusions';
import { under, type FilesOptions } from './files-options';
import { nameList, type PathBytes } from './path-bytes';
import { relativeDirectory } from './remove-paths';
import { openTarget } from './sync-context';

/** Of chattr: immutable, and only to be appended to. Both keep everybody from changing a file, us as well. */
type Flags = 'i' | 'a' | 'ia';

/** In the state of a migration: the target has files that nobody may change. */
const STATE = 'filesFlagged';

/**
 * Makes immutable (and append-only) at the target what is so at the source: the last thing that is done to files there. A later `syncFiles`
 * takes the flags away first. Names with line ends are passed over. Gives how many entries have flags.
 */
export async function restoreFlags(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<number> {
  const { confine, mounts } = await openTarget(job, options, signal);
  await noteFlags(job);
  let count = 0;
  for (const { mount } of options.fileSystems) {
    const { prune } = exclusionsFor(job, options, mount, mounts);
    const found = await flaggedIn(options.source, under(options.sourceRoot, mount), prune, signal);
    for (const [flags, paths] of found) {
      await change(options.target, confine, { directory: relativeDirectory(mount), change: `+${flags}`, paths }, signal);
      count += paths.length;
    }
  }
  return count;
}

/** The target may have files that nobody may change, however they came there: the next `clearFlags` looks for them. */
export async function noteFlags(job: Pick<HostJob, 'state'>): Promise<void> {
  await job.state.save({ [STATE]: true });
}

/** Takes the flags away again, so that the target can be changed. */
export async function clearFlags(job: HostJob, options: FilesOptions, signal: AbortSignal): Promise<void> {
  if ((await job.state.load())[STATE] !== true) return;
  const { confine } = await openTarget(job, options, signal);
  for (const { mount } of options.fileSystems) {
    for (const [flags, paths] of await flaggedIn(options.target, under(options.targetRoot, mount), [], signal)) {
      await change(options.target, confine, { directory: relativeDirectory(mount), change: `-${flags}`, paths }, signal);
    }
  }
  await job.state.save({ [STATE]: false });
}

async function flaggedIn(
  session: HostSession,
  directory: string,
  prune: readonly string[],
  signal: AbortSignal,
): Promise<Map<Flags, PathBytes[]>> {
  const pruned = prune.flatMap((path) => ['-path', path, '-prune', '-o']);
  const kinds = ['(', '-type', 'f', '-o', '-type', 'd', ')', '!', '-path', '*\n*', '-print0'];
  const script = 'cd -- "$1" && shift && exec find . "$@"';
  const pipeline = [
    ['sh', '-c', script, 'sh', directory, '-ignore_readdir_race', '-xdev', ...pruned, ...kinds],
    ['sh', '-c', 'cd -- "$1" && shift && exec xargs -0 -r "$@"', 'sh', directory, 'lsattr', '-d', '--'],
    ['grep', '-a', '^[^ ]*[ia][^ ]* '],
  ];
  // 1: none has any; 123: a filesystem without flags; 127: a machine without lsattr has set none either.
  const { stdout } = await session.run({ pipeline }, { signal, okCodes: [0, 1, 123, 127] });
  const found = new Map<Flags, PathBytes[]>();
  for (const line of stdout.toString('latin1').split('\n')) {
    const [, flags = '', path] = /^(\S+) (\.(?:\/.*)?)$/s.exec(line) ?? [];
    const kept = `${flags.includes('i') ? 'i' : ''}${flags.includes('a') ? 'a' : ''}` as Flags | '';
    if (path !== undefined && kept !== '') found.set(kept, [...(found.get(kept) ?? []), path]);
  }
  return found;
}

async function change(
  target: HostSession,
  confine: Confine,
  what: { directory: string; change: string; paths: readonly PathBytes[] },
  signal: AbortSignal,
): Promise<void> {
  const script = 'cd -- "$1"; shift; exec xargs -0 -r "$@"';
  const command = confine(['sh', '-c', script, 'sh', what.directory, 'chattr', what.change, '--']);
  await target.run(command, { signal, stdin: nameList(what.paths) });
}
