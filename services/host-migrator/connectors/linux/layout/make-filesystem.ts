import type { ContentPlan } from '../../../domain/layout';
import { isKernelAtLeast } from './kernel-version';

type FileSystemPlan = Extract<ContentPlan, { kind: 'filesystem' }>;

export interface MakeOptions {
  /** Of the source, whose kernel will read what is made. */
  kernelRelease: string;
  sizeBytes: number;
  /** How many files it shall hold; 0: not known. */
  files: number;
}

const MIB = 1024 * 1024;
/** What mkfs.ext4 reckons a file with. */
const BYTES_PER_INODE = 16_384;

/**
 * The command that makes a filesystem or swap area on a device: with its UUID and label, and with those features alone that the source's
 * kernel, its own tools and its GRUB know. Our rescue system is newer than most sources.
 */
export function makeCommand(content: Exclude<ContentPlan, { kind: 'empty' }>, device: string, options: MakeOptions): string[] {
  if (content.kind === 'swap') {
    return ['mkswap', '--force', ...flag('--uuid', content.uuid), ...flag('--label', content.label), device];
  }
  switch (content.type) {
    case 'ext2':
    case 'ext3':
    case 'ext4':
      return makeExt(content, device, options);
    case 'xfs':
      return makeXfs(content, device, options);
    case 'btrfs':
      return makeBtrfs(content, device, options);
    case 'vfat':
      return makeVfat(content, device, options);
  }
}

const flag = (name: string, value: string) => (value === '' ? [] : [name, value]);

function makeExt({ type, uuid, label }: FileSystemPlan, device: string, { kernelRelease, sizeBytes, files }: MakeOptions): string[] {
  // e2fsck of 2018 and older stops at both; e2fsck of RHEL 7's time at checksums too, and its GRUB at 64-bit block numbers.
  const without = ['^metadata_csum_seed', '^orphan_file', ...(isKernelAtLeast(kernelRelease, 4, 0) ? [] : ['^metadata_csum', '^64bit'])];
  const inodes = Math.ceil(files * 1.3) + 10_000;
  const many = files > 0 && inodes > sizeBytes / BYTES_PER_INODE ? ['-N', String(inodes)] : [];
  return [
    ...[`mkfs.${type}`, '-q', '-F', '-I', '256'],
    ...(type === 'ext4' ? ['-O', without.join(',')] : []),
    ...many,
    ...flag('-U', uuid),
    ...flag('-L', label),
    device,
  ];
}

function makeXfs({ uuid, label }: FileSystemPlan, device: string, { kernelRelease }: MakeOptions): string[] {
  const from = (major: number, minor: number) => (isKernelAtLeast(kernelRelease, major, minor) ? 1 : 0);
  const metadata = [
    'crc=1',
    `finobt=${from(4, 0)}`,
    `reflink=${from(4, 18)}`,
    `bigtime=${from(5, 14)}`,
    `inobtcount=${from(5, 14)}`,
    ...(uuid === '' ? [] : [`uuid=${uuid}`]),
  ];
  return ['mkfs.xfs', '-q', '-f', '-m', metadata.join(','), '-i', `sparse=${from(4, 5)},nrext64=0`, ...flag('-L', label), device];
}

function makeBtrfs({ uuid, label }: FileSystemPlan, device: string, { kernelRelease }: MakeOptions): string[] {
  const features = isKernelAtLeast(kernelRelease, 5, 4) ? [] : ['-O', '^no-holes,^free-space-tree'];
  return ['mkfs.btrfs', '-q', '-f', ...features, ...flag('-U', uuid), ...flag('-L', label), device];
}

function makeVfat({ uuid, label }: FileSystemPlan, device: string, { sizeBytes }: MakeOptions): string[] {
  const serial = uuid.replace('-', '');
  // Firmware expects 32 bits, which need 65,525 clusters.
  return ['mkfs.vfat', '-F', sizeBytes >= 36 * MIB ? '32' : '16', ...flag('-i', serial), ...flag('-n', label), device];
}
