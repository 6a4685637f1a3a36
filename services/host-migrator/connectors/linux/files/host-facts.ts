import type { HostJob } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import type { Codec } from './carrier';
import { keyPattern, withdrawKey } from './migration-key';
import { LOOK_PROGRAMS } from './require-programs';
import { directoryName, parseWorkDirectory, TAKE_DIRECTORIES, WORK_PARENTS, type WorkDirectory } from './work-directory';

/** Both hosts of a migration. */
export interface Sides {
  source: HostSession;
  target: HostSession;
}

/** What is known of a host before anything is carried. */
export interface HostFacts {
  /** Seconds since 1970, of its own clock, when it was asked. */
  clock: number;
  /** First lines of what programs say of themselves, by their names. */
  programs: ReadonlyMap<string, string>;
  cores: number;
  codecs: ReadonlySet<string>;
  /** Where anything is mounted. Absolute; empty where /proc is not mounted: then nothing else is either. */
  mounts: readonly string[];
  /** Taken for this migration. A source whose filesystems are all read-only has none on disk. */
  directories: readonly WorkDirectory[];
  /** A key of this migration is there, of somebody who could not take it away any more. */
  keyLeft: boolean;
}

/** A line for each fact, its kind first. All in one command: each costs a round trip and processes at both ends. */
const LOOK = `line=$1; shift
echo "clock $(date +%s)"
${LOOK_PROGRAMS}
echo "cores $(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
for p in zstd gzip; do command -v "$p" >/dev/null && echo "codec $p"; done
! grep -qs -- "$line" "$HOME/.ssh/authorized_keys" || echo 'key left'
for p; do [ ! -e "$p/$1/key" ] || echo 'key left'; done
sed 's/^[^ ]* [^ ]* [^ ]* [^ ]* \\([^ ]*\\) .*/mount \\1/' /proc/self/mountinfo 2>/dev/null
${TAKE_DIRECTORIES}`;

/** Looks at a host, and takes directories there: below `parents` alone, since a filesystem that is held still lets nobody write. */
export async function lookAt(
  session: HostSession,
  migrationId: string,
  signal: AbortSignal,
  parents: readonly string[] = WORK_PARENTS,
): Promise<HostFacts> {
  const names = [keyPattern(migrationId), directoryName(migrationId), ...parents];
  const { stdout } = await session.run(['sh', '-c', LOOK, 'sh', ...names], { signal });
  const told = new Map<string, string[]>();
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, kind = '', value = ''] = /^(\w+) (.*)$/s.exec(line) ?? [];
    told.set(kind, [...(told.get(kind) ?? []), value]);
  }
  return {
    clock: Number(told.get('clock')?.[0]),
    programs: new Map((told.get('program') ?? []).map((line) => [line.split(':')[0] ?? '', line] as const)),
    cores: Number(told.get('cores')?.[0]) || 1,
    codecs: new Set(told.get('codec')),
    mounts: (told.get('mount') ?? []).map(unescapeMount),
    directories: (told.get('directory') ?? []).flatMap(parseWorkDirectory),
    keyLeft: told.has('key'),
  };
}

export interface FactsOfBoth {
  ofSource: HostFacts;
  ofTarget: HostFacts;
}

/** Where a key may lie; undefined: there is no such place. */
export const inMemoryOf = ({ directories }: HostFacts): WorkDirectory | undefined => directories.find(({ inMemory }) => inMemory);

/** Where a round begins: a key that a former one has left is taken away, which costs nothing where there is none. */
export async function lookAtBoth({ source, target }: Sides, migrationId: string, signal: AbortSignal): Promise<FactsOfBoth> {
  const [ofSource, ofTarget] = await Promise.all([lookAt(source, migrationId, signal), lookAt(target, migrationId, signal)]);
  if (ofSource.keyLeft || ofTarget.keyLeft) {
    const sourceDirectory = inMemoryOf(ofSource);
    // Where that does not work the next round tries it again, and the release of the migration fails by it.
    await withdrawKey({ source, target, migrationId, sourceDirectory }).catch(() => undefined);
  }
  return { ofSource, ofTarget };
}

/** The kernel writes spaces and the like as "\040". */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** What both sides can pack with. */
export function commonCodec({ ofSource, ofTarget }: FactsOfBoth): Codec {
  return (['zstd', 'gzip'] as const).find((codec) => ofSource.codecs.has(codec) && ofTarget.codecs.has(codec)) ?? 'none';
}

const LEAST_STREAMS = 2;
const MOST_STREAMS = 4;

/** As many as the smaller side has cores, within bounds: the programs at both ends are what takes time. */
export function streamCount({ scope }: Pick<HostJob, 'scope'>, { ofSource, ofTarget }: FactsOfBoth): number {
  if (scope.streams > 0) return scope.streams;
  return Math.min(Math.max(Math.min(ofSource.cores, ofTarget.cores), LEAST_STREAMS), MOST_STREAMS);
}
