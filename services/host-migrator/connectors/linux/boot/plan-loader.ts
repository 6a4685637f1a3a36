import type { BootFacts } from './boot-facts';

/** What the executor has to find out in the clone before a loader can be planned: programs and folders that are there. */
export interface LoaderFacts {
  /** Of "grub-install", "grub2-install", "update-grub", "grub-mkconfig", "grub2-mkconfig", "update-initramfs", "dracut", those that are there. */
  programs: readonly string[];
  /** "i386-pc", "x86_64-efi": for which GRUB's modules are there. */
  platforms: readonly string[];
  /** Files of the EFI partition, below its mount point, as "EFI/debian/shimx64.efi". */
  espFiles: readonly string[];
  /** Where the EFI partition is mounted in the clone: "/boot/efi". */
  espMount: string;
  /** Configurations of GRUB that are whole ones, not only a pointer to another. */
  configs: readonly string[];
}

export interface Step {
  argv: string[];
  /** In the clone, by a chroot; or in the rescue system, where `{root}` stands for the clone's path. */
  where: 'clone' | 'rescue';
  why: string;
}

/**
 * How the loader comes to the target's disk, with the clone's own GRUB where it has it, else with the rescue system's. `bootDevice`: the disk
 * that the machine starts from, as the rescue system names it.
 */
export function planLoader(facts: BootFacts, loader: LoaderFacts, bootDevice: string): Step[] {
  const steps = facts.layout.boot === 'bios' ? planBios(loader, bootDevice) : planUefi(loader);
  return [...steps, ...planConfigs(loader)];
}

const folderOf = (loader: LoaderFacts) => (loader.programs.includes('grub2-install') ? 'grub2' : 'grub');

function planBios(loader: LoaderFacts, device: string): Step[] {
  const own = ['grub2-install', 'grub-install'].find((program) => loader.programs.includes(program));
  const why = 'GRUB starts from the target’s disk';
  if (own && loader.platforms.includes('i386-pc')) {
    return [{ argv: [own, '--target=i386-pc', '--recheck', device], where: 'clone', why }];
  }
  return [{ argv: ['grub-install', '--target=i386-pc', '--recheck', '--boot-directory={root}/boot', device], where: 'rescue', why }];
}

/**
 * Firmware that has no entry for this disk starts EFI/BOOT/BOOTX64.EFI. What the source's distribution has signed is copied there; where it
 * has signed nothing, GRUB is installed there.
 */
function planUefi(loader: LoaderFacts): Step[] {
  const { espFiles, espMount } = loader;
  const has = (pattern: RegExp) => espFiles.find((path) => pattern.test(path));
  const fallback = has(/^EFI\/BOOT\/BOOTX64\.EFI$/i);
  // shim with its fallback program finds the distribution's folder by itself; a GRUB beside it needs nothing else.
  if (fallback && (has(/^EFI\/BOOT\/fbx64\.efi$/i) || has(/^EFI\/BOOT\/grubx64\.efi$/i))) return [];
  const why = 'firmware without an entry for this disk starts it';
  const shim = has(/^EFI\/(?!BOOT\/)[^/]+\/shimx64\.efi$/i);
  if (shim) {
    const folder = `${espMount}/${shim.slice(0, shim.lastIndexOf('/'))}`;
    const copies = [
      ['shimx64.efi', 'BOOTX64.EFI'],
      ['grubx64.efi', 'grubx64.efi'],
      ['mmx64.efi', 'mmx64.efi'],
    ].filter(([name = '']) => has(new RegExp(`/${name}$`, 'i')));
    return [
      { argv: ['mkdir', '-p', `${espMount}/EFI/BOOT`], where: 'clone', why },
      ...copies.map(([from = '', to = '']): Step => ({
        argv: ['cp', `${folder}/${from}`, `${espMount}/EFI/BOOT/${to}`],
        where: 'clone',
        why,
      })),
    ];
  }
  const own = loader.programs.includes('grub-install') && loader.platforms.includes('x86_64-efi');
  const argv = ['grub-install', '--target=x86_64-efi', '--removable', '--no-nvram', '--recheck'];
  return own
    ? [{ argv: [...argv, `--efi-directory=${espMount}`], where: 'clone', why }]
    : [{ argv: [...argv, `--efi-directory={root}${espMount}`, '--boot-directory={root}/boot'], where: 'rescue', why }];
}

function planConfigs(loader: LoaderFacts): Step[] {
  const why = 'GRUB’s menu names the target’s filesystems';
  if (loader.programs.includes('update-grub')) return [{ argv: ['update-grub'], where: 'clone', why }];
  const program = ['grub2-mkconfig', 'grub-mkconfig'].find((one) => loader.programs.includes(one));
  if (!program) return [];
  const configs = loader.configs.length > 0 ? loader.configs : [`/boot/${folderOf(loader)}/grub.cfg`];
  return configs.map((path) => ({ argv: [program, '-o', path], where: 'clone', why }));
}
