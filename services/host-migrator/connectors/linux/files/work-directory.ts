import type { HostSession } from '../session/host-session';

/**
 * Directories of ours at a host, for one migration: mode 0700, of root, and a real directory, or else not taken: in /var/tmp anybody may have
 * put one there before. Removed by `releaseFiles`. Arguments: the name, and where one may be. Writes "directory …" for each that was taken.
 * (`true`, and not `:`, tries to write: a shell ends when that one cannot, as on a filesystem that has become read-only.)
 */
export const TAKE_DIRECTORIES = `umask 077
name=$1; shift
for parent; do
  d=$parent/$name
  [ -d "$parent" ] || continue
  { mkdir "$d" 2>/dev/null || { [ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ]; }; } && true 2>/dev/null > "$d/writable" || continue
  echo "directory $(stat -f -c '%T %a %S' "$d") $d"
done
exit 0`;

export interface WorkDirectory {
  path: string;
  /** In memory: nothing of it is on a disk. */
  inMemory: boolean;
  freeBytes: number;
}

/** On disks first: memory is for what must not be written to any. */
export const WORK_PARENTS = ['/var/tmp', '/tmp', '/root', '/run', '/dev/shm'];

export function directoryName(migrationId: string): string {
  return `.smartant-${migrationId.replace(/[^A-Za-z0-9_-]/g, '_')}`;
}

/** Of a line "TYPE FREE-BLOCKS BLOCK-BYTES PATH"; nothing of another. */
export function parseWorkDirectory(line: string): WorkDirectory[] {
  const [, type, blocks, blockBytes, path] = /^(\S+) (\d+) (\d+) (\/.*)$/.exec(line) ?? [];
  if (type === undefined || path === undefined) return [];
  return [{ path, inMemory: type === 'tmpfs' || type === 'ramfs', freeBytes: Number(blocks) * Number(blockBytes) }];
}

/** Removes them all; what is not there is removed. */
export async function removeWorkDirectories(session: HostSession, migrationId: string, signal: AbortSignal): Promise<void> {
  const paths = WORK_PARENTS.map((parent) => `${parent}/${directoryName(migrationId)}`);
  await session.run(['rm', '-rf', '--one-file-system', '--', ...paths], { signal });
}
