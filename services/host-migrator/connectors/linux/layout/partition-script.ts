import { createHash } from 'node:crypto';
import type { DiskPlan, HostLayout } from '../../../domain/layout';

const MIB = 1024 * 1024;

/** What sfdisk reads from its stdin to partition a disk. Partitions follow each other from 1 MiB on. */
export function partitionScript(plan: DiskPlan): string {
  const lines = [`label: ${plan.table === 'gpt' ? 'gpt' : 'dos'}`, 'unit: sectors', ''];
  let startBytes = MIB;
  for (const { number, sizeBytes, type, name, bootable } of plan.partitions) {
    const words = [`start=${startBytes / 512}`, `size=${sizeBytes / 512}`, `type=${type}`];
    // Of a GPT the flag means a partition of the old BIOS, which is not what is meant here.
    if (bootable && plan.table === 'mbr') words.push('bootable');
    if (plan.table === 'gpt' && name !== '') words.push(`name="${name.replaceAll(/["\\\n]/g, ' ')}"`);
    lines.push(`${number} : ${words.join(', ')}`);
    startBytes += sizeBytes;
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The id of a disk's partition table that says: this layout stands here, whole. It is written last, so that what a crash left half done is
 * never taken for done.
 */
export function layoutId(layout: HostLayout, plan: DiskPlan): string {
  const hash = createHash('sha256')
    .update(JSON.stringify({ ...layout, excluded: [] }))
    .update(plan.disk)
    .digest('hex');
  if (plan.table === 'mbr') return `0x${hash.slice(0, 8)}`;
  return [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `a${hash.slice(17, 20)}`, hash.slice(20, 32)]
    .join('-')
    .toUpperCase();
}

/** "/dev/vda" and 1: "/dev/vda1"; "/dev/nvme0n1" and 1: "/dev/nvme0n1p1". */
export function partitionPath(disk: string, number: number): string {
  return `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
}
