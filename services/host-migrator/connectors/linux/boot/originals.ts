import type { HostSession } from '../session/host-session';

/** Of a target's own disks: where what a fix-up changes is kept as it was. No part of what is synced. */
export const ORIGINALS = '/.smartant-original';

/** Trees that installing a loader writes into, beside what the edits name. */
const LOADER_TREES = ['/boot/grub', '/boot/grub2', '/boot/loader', '/boot/efi/EFI', '/efi/EFI'];

const SAVE = `set -e
root=$1
keep=$root${ORIGINALS}
shift
[ -e "$keep/saved" ] && exit 0
rm -rf "$keep"
mkdir -m 700 "$keep" "$keep/tree"
cd "$root"
for path; do
  path=\${path#/}
  printf '%s\\0' "$path" >>"$keep/paths"
  if [ -e "$path" ] || [ -L "$path" ]; then cp -a --parents --reflink=auto -- "$path" "$keep/tree/"; fi
done
sync
: >"$keep/saved"
sync`;

/** What was there is put back whole, what was made is taken away; only then the copies go. */
const RESTORE = `set -e
root=$1
keep=$root${ORIGINALS}
[ -d "$keep" ] || exit 0
if [ -e "$keep/saved" ]; then
  cd "$root"
  while IFS= read -r -d '' path; do
    rm -rf -- "$path"
    if [ -e "$keep/tree/$path" ] || [ -L "$keep/tree/$path" ]; then
      mkdir -p -- "$(dirname "$path")"
      cp -a --reflink=auto -- "$keep/tree/$path" "$path"
    fi
  done <"$keep/paths"
  sync
fi
rm -rf "$keep"`;

/** Keeps paths of a target as they are, before the first of them is changed. Done once until they are put back. */
export async function saveOriginals(session: HostSession, root: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
  const all = [...new Set([...paths, ...LOADER_TREES])];
  await session.run(['bash', '-c', SAVE, 'bash', root, ...all], { signal });
}

/** Puts a target back to what was synced. Nothing to do where nothing was changed; may be called again after a crash. */
export async function restoreOriginals(session: HostSession, root: string, signal: AbortSignal): Promise<void> {
  await session.run(['bash', '-c', RESTORE, 'bash', root], { signal });
}
