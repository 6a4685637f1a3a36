import { directoryName } from '../files/work-directory';
import { ORIGINALS } from '../boot/originals';
import type { HostSession } from '../session/host-session';

/**
 * What a copy by files leaves out: folders that migrations keep at their source while they run, and, where nothing of this copy has been
 * changed yet, what a migration that once brought the source to its own disks kept there. Links are not followed.
 */
const TIDY = `cd -- "$1" || exit 1
for d in root tmp var/tmp; do
  [ ! -L "\${d%%/*}" ] && [ ! -L "$d" ] && [ -d "$d" ] || continue
  for w in "$d"/${directoryName('mig_')}*; do [ ! -d "$w" ] || rm -rf --one-file-system -- "$w"; done
done
[ "$2" = changed ] || rm -rf --one-file-system -- ".${ORIGINALS}"`;

/** Takes out of a copy by blocks what is no part of the system that was copied. `changed`: it was made to start before, at least in part. */
export async function readyCopy(session: HostSession, root: string, { changed }: { changed: boolean }, signal: AbortSignal): Promise<void> {
  await session.run(['sh', '-c', TIDY, 'sh', root, changed ? 'changed' : 'new'], { signal });
}
