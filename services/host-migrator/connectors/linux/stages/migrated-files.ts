import { SmartantError } from '@smartant/kernel';
import type { HostScope } from '../../../domain/host-scope';
import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import type { MigratedFileSystem } from '../files/files-options';
import { isMountExcluded } from '../precheck/covered-path';
import { layoutMounts, layoutVolumes } from '../layout/layout-volumes';

/** Filesystems of disks, which a system is made of; others are mounted from elsewhere, or are the kernel's. */
const OF_DISKS = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat', 'jfs', 'reiserfs', 'f2fs']);

/** What is carried, those that others lie in first: what the layout has a place for, or, where somebody mounted the target, everything on disks. */
export function migratedFileSystems(
  inventory: Pick<HostInventory, 'fileSystems'>,
  layout: HostLayout | null,
  scope: Pick<HostScope, 'excludeMounts'>,
): MigratedFileSystem[] {
  const there = new Set(inventory.fileSystems.map(({ mount }) => mount));
  if (layout) {
    const devices = new Map(layout.disks.map(({ disk }) => [disk, disk]));
    return layoutMounts(layoutVolumes(layout, devices))
      .filter(({ mount }) => there.has(mount))
      .map(({ mount, type }) => ({ mount, type }));
  }
  return inventory.fileSystems
    .filter(({ type, mount }) => OF_DISKS.has(type) && !isMountExcluded(mount, scope.excludeMounts))
    .map(({ mount, type }) => ({ mount, type }))
    .sort((a, b) => a.mount.length - b.mount.length || (a.mount < b.mount ? -1 : 1));
}

/**
 * A layout that somebody wrote may lack a place for what the source has: its files would be left behind, and no comparison would miss them.
 * Raises LAYOUT_LACKS_MOUNT.
 */
export function assertPlaced(
  layout: HostLayout,
  { fileSystems }: Pick<HostInventory, 'fileSystems'>,
  { excludeMounts }: Pick<HostScope, 'excludeMounts'>,
): void {
  const mounts = new Set(layoutMounts(layoutVolumes(layout, new Map())).map(({ mount }) => mount));
  const identity = (one: HostInventory['fileSystems'][number]) => `${one.uuid || one.device} ${one.type === 'btrfs' ? one.subvolume : ''}`;
  // Another view of a filesystem that has its place (a bind mount) is no filesystem of its own.
  const placed = new Set(fileSystems.filter(({ mount }) => mounts.has(mount)).map(identity));
  const lacking = fileSystems
    .filter((one) => OF_DISKS.has(one.type) && !placed.has(identity(one)) && !isMountExcluded(one.mount, excludeMounts))
    .map(({ mount }) => mount);
  if (lacking.length === 0) return;
  throw new SmartantError('LAYOUT_LACKS_MOUNT', `The layout has no place for ${lacking.join(', ')} of the source.`, {
    kind: 'precondition',
    hint: 'Give each a filesystem in the layout, or leave it out: add it to excludeMounts.',
  });
}

/** Files of the source that mean nothing at the target: swap is made anew there, or left out. */
export function leftOutFiles(inventory: Pick<HostInventory, 'swaps'>): string[] {
  return inventory.swaps.map(({ path }) => path).filter((path) => !path.startsWith('/dev/'));
}
