import { invalid } from '@smartant/runs/adapters';
import { z } from 'zod';
import type { HostLayout } from '../../domain/layout';

const bytes = z.int().min(0);
const swap = z.object({ kind: z.literal('swap'), uuid: z.string(), label: z.string() });
const filesystem = z.object({
  kind: z.literal('filesystem'),
  type: z.enum(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat']),
  uuid: z.string(),
  label: z.string(),
  mounts: z.array(z.object({ mount: z.string().min(1), subvolume: z.string() })),
});
const empty = z.object({ kind: z.literal('empty') });
const content = z.discriminatedUnion('kind', [swap, filesystem, empty]);
const partitionContent = z.discriminatedUnion('kind', [
  swap,
  filesystem,
  empty,
  z.object({ kind: z.literal('pv'), volumeGroup: z.string().min(1) }),
  z.object({ kind: z.literal('bios-boot') }),
]);

const layout = z.object({
  boot: z.enum(['bios', 'uefi']),
  disks: z.array(
    z.object({
      disk: z.string().min(1),
      sizeBytes: bytes,
      table: z.enum(['gpt', 'mbr']),
      partitions: z.array(
        z.object({
          number: z.int().min(1).max(128),
          sizeBytes: bytes,
          type: z.string(),
          name: z.string(),
          bootable: z.boolean(),
          content: partitionContent,
        }),
      ),
    }),
  ),
  volumeGroups: z.array(
    z.object({ name: z.string().min(1), volumes: z.array(z.object({ name: z.string().min(1), sizeBytes: bytes, content })) }),
  ),
  excluded: z.array(z.string()),
}) satisfies z.ZodType<HostLayout>;

/** A layout as it was asked for. Raises REQUEST_INVALID, naming the first field that is not as it should be. */
export function layoutFromProto(value: object, field: string): HostLayout {
  const read = layout.safeParse(value);
  if (read.success) return read.data;
  throw invalid([field, ...(read.error.issues[0]?.path ?? []).map(String)].join('.'));
}
