import type { Edit } from './edits';
import type { LoaderFacts, Step } from './plan-loader';

/** A kernel of the clone, with what its initramfs holds. */
export interface KernelFacts {
  release: string;
  /** "/boot/initrd.img-6.1.0" */
  initramfs: string;
  /** Names of the modules in it; null: it could not be read. */
  carried: ReadonlySet<string> | null;
  /** Modules that this kernel has as files, and those that are part of it. */
  available: ReadonlySet<string>;
  builtIn: ReadonlySet<string>;
}

/** Drivers of the disks of hypervisors and clouds. An image may be started by any of them. */
export const DISK_DRIVERS = ['virtio_pci', 'virtio_blk', 'virtio_scsi', 'nvme', 'xen_blkfront', 'ahci', 'sd_mod'] as const;

/**
 * Makes an initramfs anew only where it lacks a driver that its kernel has: on a slow machine it takes minutes. `wanted`: those that the
 * target needs.
 */
export function planInitramfs(
  kernels: readonly KernelFacts[],
  loader: LoaderFacts,
  wanted: readonly string[],
): { edits: Edit[]; steps: Step[] } {
  const lacking = kernels
    .map((kernel) => ({ kernel, missing: missingDrivers(kernel, wanted) }))
    .filter(({ missing }) => missing.length > 0);
  if (lacking.length === 0) return { edits: [], steps: [] };
  const all = [...new Set(lacking.flatMap(({ missing }) => missing))];
  const why = `the initramfs lacks ${all.join(', ')}`;
  if (loader.programs.includes('dracut')) {
    const content = `hostonly="no"\nadd_drivers+=" ${all.join(' ')} "\n`;
    return {
      edits: [{ kind: 'write', path: '/etc/dracut.conf.d/99-smartant.conf', content, mode: 0o644, why }],
      steps: lacking.map(({ kernel }) => ({
        argv: ['dracut', '--force', '--no-hostonly', kernel.initramfs, kernel.release],
        where: 'clone',
        why,
      })),
    };
  }
  if (!loader.programs.includes('update-initramfs')) return { edits: [], steps: [] };
  return {
    edits: [{ kind: 'write', path: '/etc/initramfs-tools/conf.d/zz-smartant', content: 'MODULES=most\n', mode: 0o644, why }],
    steps: lacking.map(({ kernel }) => ({ argv: ['update-initramfs', '-u', '-k', kernel.release], where: 'clone', why })),
  };
}

export function missingDrivers({ carried, available, builtIn }: KernelFacts, wanted: readonly string[]): string[] {
  return wanted.filter((driver) => !builtIn.has(driver) && available.has(driver) && !carried?.has(driver));
}

/** "kernel/drivers/block/virtio_blk.ko.zst": "virtio_blk". Files are written with dashes or underscores; the kernel takes both for one. */
export function moduleName(path: string): string | null {
  const name = /([^/\s]+)\.ko(\.\w+)?$/.exec(path)?.[1];
  return name === undefined ? null : name.replaceAll('-', '_');
}
