import type { HostSession } from '../session/host-session';

/**
 * Directories of ours at a host, for one migration: mode 0700, of root, and a real directory, or else not taken: in /var/tmp anybody may have
 * put one there before. Removed by `releaseFiles`.
 */
const TAKE = `umask 077
name=$1; shift
for parent; do
  d=$parent/$name
  [ -d "$parent" ] || continue
  { mkdir "$d" 2>/dev/null || { [ -d "$d" ] && [ ! -L "$d" ] && [ -O "$d" ]; }; } && : > "$d/writable" 2>/dev/null || continue
  free=$(df -Pk "$d" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
  echo "$(stat -f -c %T "$d") $free $d"
done
exit 0`;

export interface WorkDirectory {
  path: string;
  /** In memory: nothing of it is on a disk. */
  inMemory: boolean;
  freeBytes: number;
}

/** On disks first: memory is for what must not be written to any. */
const ON_DISK = ['/var/tmp', '/tmp', '/root'];
const IN_MEMORY = ['/run', '/dev/shm'];

export function directoryName(migrationId: string): string {
  return `.smartant-${migrationId.replace(/[^A-Za-z0-9_-]/g, '_')}`;
}

/** Takes those directories that can be had. A source whose filesystems are all read-only has none on disk. */
export async function takeWorkDirectories(session: HostSession, migrationId: string, signal: AbortSignal): Promise<WorkDirectory[]> {
  const { stdout } = await session.run(['sh', '-c', TAKE, 'sh', directoryName(migrationId), ...ON_DISK, ...IN_MEMORY], { signal });
  return stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [, type, free, path] = /^(\S+) (\d+) (\/.*)$/.exec(line) ?? [];
      if (type === undefined || path === undefined) return [];
      return [{ path, inMemory: type === 'tmpfs' || type === 'ramfs', freeBytes: Number(free) * 1_024 }];
    });
}

/** Removes them all; what is not there is removed. */
export async function removeWorkDirectories(session: HostSession, migrationId: string, signal: AbortSignal): Promise<void> {
  const paths = [...ON_DISK, ...IN_MEMORY].map((parent) => `${parent}/${directoryName(migrationId)}`);
  await session.run(['rm', '-rf', '--one-file-system', '--', ...paths], { signal });
}
