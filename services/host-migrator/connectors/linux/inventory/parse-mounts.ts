import type { FileSystem, FstabEntry, HostInventory } from '../../../domain/inventory';
import type { BlockDevice, Probes } from './parse-block-devices';
import { linesOf } from './sections';

export interface Mount {
  /** "8:1"; of btrfs it belongs to no device. */
  number: string;
  /** Path inside the filesystem that is mounted: "/" except of bind mounts and subvolumes. */
  root: string;
  mount: string;
  options: string[];
  type: string;
  source: string;
}

/** On disks of the machine's own. Others are memory, the network's, or views of these. */
const ON_DISKS = new Set([
  ...[
    'ext2',
    'ext3',
    'ext4',
    'xfs',
    'btrfs',
    'vfat',
    'msdos',
    'f2fs',
    'jfs',
    'reiserfs',
    'nilfs2',
    'ntfs',
    'ntfs3',
    'fuseblk',
    'exfat',
    'zfs',
  ],
  ...['bcachefs', 'ocfs2', 'gfs2', 'hfsplus', 'ufs', 'minix'],
]);
const NETWORK =
  /^(?:nfs\d?|cifs|smb3?|smbfs|ceph|glusterfs|fuse\.(?:glusterfs|sshfs|ceph|s3fs|rclone|juicefs)|lustre|afs|9p|beegfs|gpfs|davfs)$/;

/** Mounts as the kernel tells them (proc(5)); where one covers another, the last. */
export function parseMounts(text: string): Mount[] {
  const mounts = linesOf(text).flatMap((line): Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , number = '', root = '', mount = '', options = ''] = before.split(' ');
    const [type = '', source = '', superOptions = ''] = after.split(' ');
    if (mount === '') return [];
    const all = [...new Set([...options.split(','), ...superOptions.split(',')])].filter((option) => option !== '');
    // The state of the filesystem itself is read-write where only this mount is not.
    const kept = options.split(',').includes('ro') ? all.filter((option) => option !== 'rw') : all;
    return [{ number, root: unescapeOctal(root), mount: unescapeOctal(mount), options: kept, type, source: unescapeOctal(source) }];
  });
  return [...new Map(mounts.map((mount) => [mount.mount, mount])).values()];
}

export const networkMounts = (mounts: readonly Mount[]): Mount[] => mounts.filter(({ type }) => NETWORK.test(type));

/**
 * Filesystems of disks, once each: of a bind mount and of a filesystem that is mounted twice, the mount that shows the most (of btrfs, each
 * subvolume).
 */
export function fileSystemsOf(
  mounts: readonly Mount[],
  { devices, probes, df, inodes }: { devices: readonly BlockDevice[]; probes: Probes; df: string; inodes: string },
): FileSystem[] {
  const [space, files] = [parseDf(df), parseDf(inodes)];
  const found = mounts
    .filter(({ type }) => ON_DISKS.has(type))
    .sort((a, b) => a.root.length - b.root.length || a.mount.length - b.mount.length);
  const seen = new Set<string>();
  return found
    .filter(({ number, root, type, source, mount }) => {
      const key = type === 'btrfs' ? `${source} ${root}` : `${number}`;
      // Its root is itself a view only where a container has been given a folder: then it is all there is.
      if (seen.has(key) || (type === 'btrfs' && isInsideOther(root, source, mount, found))) return false;
      return seen.add(key);
    })
    .sort((a, b) => (a.mount < b.mount ? -1 : 1))
    .map(({ mount, type, source, options, root, number }) => {
      const device = devices.find((candidate) => candidate.path === source) ?? devices.find((candidate) => candidate.number === number);
      const probe = probes.get(device?.kernelName ?? '') ?? {};
      return {
        mount,
        device: device?.path ?? source,
        type,
        uuid: probe['UUID'] ?? '',
        label: probe['LABEL'] ?? '',
        options,
        subvolume: type === 'btrfs' ? root : '',
        sizeBytes: (space.get(mount)?.total ?? 0) * 1024,
        usedBytes: (space.get(mount)?.used ?? 0) * 1024,
        files: files.get(mount)?.used ?? 0,
      };
    });
}

/** A bind mount of a folder of a subvolume: no subvolume of its own, since `subvol=` names another one. */
function isInsideOther(root: string, source: string, mount: string, all: readonly Mount[]): boolean {
  const own = all.find((candidate) => candidate.mount === mount && candidate.source === source);
  const subvolume = own?.options.find((option) => option.startsWith('subvol='))?.slice(7);
  return subvolume !== undefined && subvolume !== root;
}

/** `df -P`: total, used, free, share, and the path, which may hold blanks. */
function parseDf(text: string): Map<string, { total: number; used: number }> {
  const rows = linesOf(text).flatMap((line): [string, { total: number; used: number }][] => {
    const match = /^.*?\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line);
    return match ? [[match[4]!, { total: Number(match[1]) || 0, used: Number(match[2]) || 0 }]] : [];
  });
  return new Map(rows);
}

export function parseFstab(text: string): FstabEntry[] {
  return linesOf(text)
    .filter((line) => !line.trim().startsWith('#'))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 3)
    .map(([spec = '', mount = '', type = '', options = 'defaults', dump = '0', pass = '0']) => ({
      spec: unescapeOctal(spec),
      mount: unescapeOctal(mount),
      type,
      options: options.split(','),
      dump: Number(dump) || 0,
      pass: Number(pass) || 0,
    }));
}

/** /proc/swaps; its sizes are KiB. Memory that is compressed or a zram is no disk's. */
export function parseSwaps(text: string, devices: readonly BlockDevice[], probes: Probes): HostInventory['swaps'] {
  return linesOf(text)
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([path = '']) => path.startsWith('/') && !path.startsWith('/dev/zram'))
    .map(([path = '', , kib]) => {
      const given = unescapeOctal(path);
      const device = devices.find((candidate) => candidate.path === given || `/dev/${candidate.kernelName}` === given);
      const probe = probes.get(device?.kernelName ?? '') ?? {};
      return { path: device?.path ?? given, uuid: probe['UUID'] ?? '', label: probe['LABEL'] ?? '', sizeBytes: Number(kib) * 1024 };
    });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
