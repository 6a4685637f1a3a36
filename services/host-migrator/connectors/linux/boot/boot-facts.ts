import type { HostInventory } from '../../../domain/inventory';
import type { HostLayout } from '../../../domain/layout';
import type { HostScope } from '../../../domain/host-scope';
import type { TreeFiles } from './edits';

export type BootWishes = Pick<
  HostScope,
  'network' | 'machineId' | 'sshHostKeys' | 'hostname' | 'disableGuestTools' | 'serialConsole' | 'excludeMounts'
>;

/** What the planners of a fix-up know. */
export interface BootFacts {
  inventory: HostInventory;
  layout: HostLayout;
  wishes: BootWishes;
  files: TreeFiles;
  /** MACs of the target's interfaces in their order; empty: not known yet, as of an image. */
  targetMacs: readonly string[];
  /** Whether SELinux labels came with the files. */
  labelsKept: boolean;
}

/** The UUID of the filesystem that a layout mounts there; null: it has none. */
export function uuidOfMount(layout: HostLayout, mount: string): string | null {
  for (const content of contentsOf(layout)) {
    if (content.kind === 'filesystem' && content.mounts.some((one) => one.mount === mount)) return content.uuid;
  }
  return null;
}

export function contentsOf(layout: HostLayout) {
  return [
    ...layout.disks.flatMap((disk) => disk.partitions.map(({ content }) => content)),
    ...layout.volumeGroups.flatMap((group) => group.volumes.map(({ content }) => content)),
  ];
}
