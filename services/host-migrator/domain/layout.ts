/** What the target's disks shall look like. Made from the source's inventory, and changed by the user's wishes. Sizes are bytes, multiples of 1 MiB. */
export interface HostLayout {
  boot: 'bios' | 'uefi';
  disks: DiskPlan[];
  volumeGroups: { name: string; volumes: { name: string; sizeBytes: number; content: ContentPlan }[] }[];
  /** Md arrays of the source become plain partitions or logical volumes: a cloud's disks are redundant themselves. */
  excluded: string[];
}

export interface DiskPlan {
  /** At the target: its serial, and its path where it has none. An image has one disk, "image". */
  disk: string;
  sizeBytes: number;
  table: 'gpt' | 'mbr';
  partitions: { number: number; sizeBytes: number; type: string; name: string; bootable: boolean; content: PartitionPlan }[];
}

/** `pv`: a physical volume of that group. */
export type PartitionPlan = ContentPlan | { kind: 'pv'; volumeGroup: string } | { kind: 'bios-boot' };

/** Filesystems keep the UUIDs and labels of the source, so that what names them there still finds them. */
export type ContentPlan =
  | { kind: 'swap'; uuid: string; label: string }
  | {
      kind: 'filesystem';
      type: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'btrfs' | 'vfat';
      uuid: string;
      label: string;
      /** Several of btrfs, one for each subvolume that is mounted; else one. */
      mounts: { mount: string; subvolume: string }[];
    }
  | { kind: 'empty' };
