import type { HostSession } from '../session/host-session';
import { moduleName, type KernelFacts } from './plan-initramfs';
import type { LoaderFacts } from './plan-loader';

const PROGRAMS = [
  'grub-install',
  'grub2-install',
  'update-grub',
  'grub-mkconfig',
  'grub2-mkconfig',
  'update-initramfs',
  'dracut',
  'lsinitrd',
  'lsinitramfs',
];
const PROGRAM_FOLDERS = ['usr/sbin', 'usr/bin', 'sbin', 'bin'];

/** Looks at what a clone has to be made bootable with. */
export async function readLoaderFacts(session: HostSession, root: string, signal: AbortSignal): Promise<LoaderFacts> {
  const lines = async (script: string, ...args: string[]) => {
    const { stdout } = await session.run(['sh', '-c', script, 'sh', root, ...args], { signal });
    return stdout.toString('utf8').split('\n').filter(Boolean);
  };
  const there = await lines(
    'cd "$1"; shift; for path; do [ -e "$path" ] && echo "$path"; done; true',
    ...PROGRAM_FOLDERS.flatMap((folder) => PROGRAMS.map((name) => `${folder}/${name}`)),
  );
  const platforms = await lines(
    'cd "$1"; for path in usr/lib/grub/*/modinfo.sh usr/share/grub2/*/modinfo.sh; do [ -e "$path" ] && basename "$(dirname "$path")"; done; true',
  );
  const espMount =
    (
      await lines(
        'cd "$1"; for path in boot/efi efi boot; do [ -d "$path/EFI" ] || mountpoint -q "$path" && { echo "/$path"; break; }; done; true',
      )
    )[0] ?? '/boot/efi';
  const espFiles = await lines('cd "$1$2" 2>/dev/null && find EFI -type f 2>/dev/null; true', espMount);
  // A configuration of a few lines on the EFI partition only points to the other one.
  const configs = await lines(
    'cd "$1"; for path in boot/grub/grub.cfg boot/grub2/grub.cfg boot/efi/EFI/*/grub.cfg; do grep -q -s -E "menuentry|blscfg" "$path" && echo "/$path"; done; true',
  );
  const programs = PROGRAMS.filter((name) => there.some((path) => path.endsWith(`/${name}`)));
  return { programs, platforms: [...new Set(platforms)], espFiles, espMount, configs };
}

/** Kernels of a clone that GRUB would start, the newest first, with the modules of their initramfs. */
export async function readKernelFacts(
  session: HostSession,
  root: string,
  programs: readonly string[],
  signal: AbortSignal,
): Promise<KernelFacts[]> {
  const text = async (script: string, ...args: string[]) =>
    (await session.run(['sh', '-c', script, 'sh', root, ...args], { signal, okCodes: [0, 1, 2, 127] })).stdout.toString('utf8');
  const releases = (await text('ls "$1/lib/modules"')).split('\n').filter(Boolean);
  const kernels: KernelFacts[] = [];
  for (const release of releases) {
    const initramfs =
      (
        await text(
          'cd "$1"; for path in "boot/initrd.img-$2" "boot/initramfs-$2.img" "boot/initrd-$2"; do [ -e "$path" ] && echo "/$path"; done',
          release,
        )
      ).split('\n')[0] ?? '';
    if (initramfs === '') continue;
    const names = (listing: string) => new Set(listing.split('\n').flatMap((line) => moduleName(line.split(':')[0]?.trim() ?? '') ?? []));
    const lister = programs.includes('lsinitrd') ? 'lsinitrd' : programs.includes('lsinitramfs') ? 'lsinitramfs' : null;
    const listing = lister ? await text('chroot "$1" "$2" "$3"', lister, initramfs) : '';
    kernels.push({
      release,
      initramfs,
      carried: listing.trim() === '' ? null : names(listing),
      available: names(await text('cat "$1/lib/modules/$2/modules.dep"', release)),
      builtIn: names(await text('cat "$1/lib/modules/$2/modules.builtin"', release)),
    });
  }
  return kernels.sort((a, b) => (a.release < b.release ? 1 : -1));
}
