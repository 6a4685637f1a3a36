import type { FileSystem, HostInventory, Partition } from './inventory';
import type { ContentPlan } from './layout';

/** A filesystem or swap area of the source that the target shall have, with where it stands at the source. */
export interface LayoutPart {
  /** Its first mount point, or "swap". */
  key: string;
  /** Place of the source's disk among its disks. */
  diskIndex: number;
  /** The group and name of a logical volume; null: a partition of its own. */
  volume: { group: string; name: string } | null;
  content: Exclude<ContentPlan, { kind: 'empty' }>;
  sizeBytes: number;
  usedBytes: number;
  /** Type, name and flag of its partition at the source, where it is one itself. */
  partition: { type: string; name: string; bootable: boolean } | null;
  /** Stood on an md array or in an encrypted device, which it does not any more. */
  flattened: 'raid' | 'crypt' | null;
}

export interface CollectedParts {
  parts: LayoutPart[];
  /** What the source has and the target does not get: "/dev/sdb1 (ntfs)". */
  excluded: string[];
}

const TYPES = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat'] as const;
type KnownType = (typeof TYPES)[number];
const isKnown = (type: string): type is KnownType => (TYPES as readonly string[]).includes(type);

interface Place {
  diskIndex: number;
  volume: LayoutPart['volume'];
  partition: Partition | null;
  flattened: LayoutPart['flattened'];
  sizeBytes: number;
}

/**
 * Filesystems that are mounted and swap areas in use, in the order of the source's disks and partitions. Devices are found by the UUID of
 * what they hold, since one has many names; by their path where there is none.
 */
export function collectParts(inventory: HostInventory, excludeMounts: readonly string[]): CollectedParts {
  const left = (mount: string) => excludeMounts.some((excluded) => mount === excluded || mount.startsWith(`${excluded}/`));
  const wanted = inventory.fileSystems.filter((fileSystem) => isKnown(fileSystem.type) && !left(fileSystem.mount));
  const parts: LayoutPart[] = [];
  for (const mounts of byDevice(wanted)) {
    const [first] = mounts;
    const place = findPlace(inventory, first.uuid, first.device);
    parts.push({
      ...placed(place),
      key: first.mount,
      content: fileSystemPlan(mounts),
      sizeBytes: place.sizeBytes || first.sizeBytes,
      usedBytes: first.usedBytes,
    });
  }
  // A swap file lies in its filesystem and is not a part of its own.
  for (const swap of inventory.swaps.filter(({ path, uuid }) => uuid !== '' || !isFileOf(path, inventory))) {
    const place = findPlace(inventory, swap.uuid, swap.path);
    const content = { kind: 'swap', uuid: swap.uuid, label: swap.label } as const;
    parts.push({ ...placed(place), key: 'swap', content, sizeBytes: place.sizeBytes || swap.sizeBytes, usedBytes: 0 });
  }
  return { parts, excluded: listExcluded(inventory, parts, excludeMounts) };
}

function placed({ diskIndex, volume, partition, flattened }: Place): Pick<LayoutPart, 'diskIndex' | 'volume' | 'partition' | 'flattened'> {
  const own = partition && { type: partition.type, name: partition.name, bootable: partition.bootable };
  return { diskIndex, volume, partition: own, flattened };
}

const isFileOf = (path: string, { disks, raids, volumeGroups }: HostInventory) =>
  !path.startsWith('/dev/') &&
  ![...disks.flatMap((disk) => disk.partitions), ...raids, ...volumeGroups.flatMap((group) => group.volumes)].some(
    (device) => device.path === path,
  );

/** Mounts of one filesystem together, the one nearest to the root first. */
function byDevice(fileSystems: readonly FileSystem[]): [FileSystem, ...FileSystem[]][] {
  const groups = new Map<string, FileSystem[]>();
  for (const fileSystem of fileSystems) {
    const key = fileSystem.uuid || fileSystem.device;
    groups.set(key, [...(groups.get(key) ?? []), fileSystem]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a.mount.length - b.mount.length) as [FileSystem, ...FileSystem[]]);
}

function fileSystemPlan(mounts: readonly [FileSystem, ...FileSystem[]]): LayoutPart['content'] {
  const [{ type, uuid, label }] = mounts;
  const all = mounts.map(({ mount, subvolume }) => ({ mount, subvolume: type === 'btrfs' ? subvolume : '' }));
  // Bind mounts show one filesystem at several places: only subvolumes are places of their own.
  const kept =
    type === 'btrfs' ? all.filter((one, at) => all.findIndex((other) => other.subvolume === one.subvolume) === at) : all.slice(0, 1);
  return { kind: 'filesystem', type: type as KnownType, uuid, label, mounts: kept };
}

/** Where a filesystem stands: a logical volume, an array, a partition or a whole disk; on encrypted devices by what carries them. */
function findPlace(inventory: HostInventory, uuid: string, device: string): Place {
  const holds = (one: { path: string; content: { uuid: string } }) => (uuid !== '' && one.content.uuid === uuid) || one.path === device;
  for (const group of inventory.volumeGroups) {
    const volume = group.volumes.find(holds);
    if (volume) {
      const diskIndex = diskOf(inventory, group.devices[0] ?? '');
      return { diskIndex, volume: { group: group.name, name: volume.name }, partition: null, flattened: null, sizeBytes: volume.sizeBytes };
    }
  }
  const raid = inventory.raids.find(holds);
  if (raid) {
    return {
      diskIndex: diskOf(inventory, raid.devices[0] ?? ''),
      volume: null,
      partition: null,
      flattened: 'raid',
      sizeBytes: raid.sizeBytes,
    };
  }
  for (const [diskIndex, disk] of inventory.disks.entries()) {
    const partition = disk.partitions.find(holds);
    if (partition) return { diskIndex, volume: null, partition, flattened: null, sizeBytes: partition.sizeBytes };
    if (disk.path === device) return { diskIndex, volume: null, partition: null, flattened: null, sizeBytes: disk.sizeBytes };
  }
  const crypt = device.startsWith('/dev/mapper/')
    ? inventory.disks.findIndex((disk) => disk.partitions.some(({ content }) => content.kind === 'crypt'))
    : -1;
  return { diskIndex: Math.max(crypt, 0), volume: null, partition: null, flattened: crypt < 0 ? null : 'crypt', sizeBytes: 0 };
}

/** The disk that a device is a part of, through arrays; the first where that is not known. */
function diskOf(inventory: HostInventory, device: string): number {
  const raid = inventory.raids.find(({ path }) => path === device);
  if (raid?.devices[0]) return diskOf({ ...inventory, raids: inventory.raids.filter((other) => other !== raid) }, raid.devices[0]);
  const found = inventory.disks.findIndex(
    ({ path, partitions }) => path === device || partitions.some((partition) => partition.path === device),
  );
  return Math.max(found, 0);
}

function listExcluded(inventory: HostInventory, parts: readonly LayoutPart[], excludeMounts: readonly string[]): string[] {
  const kept = new Set(parts.map(({ content }) => content.uuid));
  const devices = [
    ...inventory.disks.flatMap((disk) => disk.partitions),
    ...inventory.raids,
    ...inventory.volumeGroups.flatMap((group) => group.volumes),
  ];
  const unused = devices
    .filter(({ content }) => content.type !== 'extended')
    .filter(
      ({ content }) => (content.kind === 'filesystem' || content.kind === 'swap' || content.kind === 'other') && !kept.has(content.uuid),
    )
    .map(({ path, content }) => `${path} (${content.type || 'unknown'})`);
  const mounts = inventory.fileSystems.filter(({ mount }) => excludeMounts.includes(mount)).map(({ mount }) => mount);
  return [...mounts, ...unused];
}
