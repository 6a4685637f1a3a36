import type { HostSession } from '../session/host-session';
import { directoryName, type WorkDirectory } from './work-directory';

/** Other migrations into this host change the same file: one at a time, by a lock on its folder, which leaves nothing behind. */
export const ALONE = `umask 077; mkdir -p "$HOME/.ssh" || exit 1
f=$HOME/.ssh/authorized_keys; [ ! -L "$f" ] || f=$(readlink -f "$f")
exec 9< "$HOME/.ssh"; ! command -v flock > /dev/null || flock -w 60 9 || exit 1`;

/**
 * Takes the line of a migration out of authorized_keys. What takes its place is a copy with its owner, mode and label, all at once: nobody is kept
 * out meanwhile, or for good by a crash.
 */
const REVOKE = `${ALONE}
[ -f "$f" ] && grep -q -- "$1" "$f" || exit 0
t=$(mktemp "$HOME/.ssh/.smartant-XXXXXX") && cp -a "$f" "$t" || exit 1
grep -v -- "$1" "$f" > "$t"
[ $? -le 1 ] && mv -f "$t" "$f" && exit 0
rm -f "$t"; exit 1`;

/** Ends the line of its key in authorized_keys. */
export const keyPattern = (migrationId: string) => ` [.]${directoryName(migrationId).slice(1)}$`;

export async function revokeKey(target: HostSession, migrationId: string, signal: AbortSignal): Promise<void> {
  await target.run(['sh', '-c', REVOKE, 'sh', keyPattern(migrationId)], { signal });
}

export interface KeyEnds {
  source: HostSession;
  target: HostSession;
  migrationId: string;
  /** In memory, at the source; there is none where it has no such place. */
  sourceDirectory: WorkDirectory | undefined;
}

const WITHDRAW_MS = 15_000;

/** Takes the key of a migration away at both ends, whoever has put it there. */
export async function withdrawKey({ source, target, migrationId, sourceDirectory }: KeyEnds): Promise<void> {
  const signal = AbortSignal.timeout(WITHDRAW_MS);
  const files = ['key', 'known_hosts'].map((name) => `${sourceDirectory?.path}/${name}`);
  const removing = sourceDirectory && source.run(['rm', '-f', ...files], { signal });
  await Promise.all([revokeKey(target, migrationId, signal), removing]);
}
