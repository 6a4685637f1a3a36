import { z } from 'zod';
import { count, request, response } from './named-schema';

const TABLES = ['gpt', 'mbr'] as const;
const BOOTS = ['bios', 'uefi'] as const;
const TYPES = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat'] as const;

const text = () => z.string().max(255);
const size = () => z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const swapInput = z.strictObject({ kind: z.literal('swap'), uuid: text(), label: text() });
const fileSystemInput = z.strictObject({
  kind: z.literal('filesystem'),
  type: z.enum(TYPES),
  uuid: text(),
  label: text(),
  mounts: z.array(z.strictObject({ mount: z.string().min(1).max(4_096), subvolume: z.string().max(4_096) })).max(256),
});
const emptyInput = z.strictObject({ kind: z.literal('empty') });

export const hostLayoutInput = request(
  'HostLayoutInput',
  z.strictObject({
    boot: z.enum(BOOTS),
    disks: z
      .array(
        z.strictObject({
          disk: z
            .string()
            .min(1)
            .max(255)
            .describe('At the target: its serial, or its path where it has none. An image has one disk, "image".'),
          sizeBytes: size(),
          table: z.enum(TABLES),
          partitions: z
            .array(
              z.strictObject({
                number: z.int().min(1).max(128),
                sizeBytes: size(),
                type: text(),
                name: text(),
                bootable: z.boolean(),
                content: z.discriminatedUnion('kind', [
                  swapInput,
                  fileSystemInput,
                  emptyInput,
                  z.strictObject({ kind: z.literal('pv'), volumeGroup: z.string().min(1).max(127) }),
                  z.strictObject({ kind: z.literal('bios-boot') }),
                ]),
              }),
            )
            .max(128),
        }),
      )
      .max(64),
    volumeGroups: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(127),
          volumes: z
            .array(
              z.strictObject({
                name: z.string().min(1).max(127),
                sizeBytes: size(),
                content: z.discriminatedUnion('kind', [swapInput, fileSystemInput, emptyInput]),
              }),
            )
            .max(256),
        }),
      )
      .max(64),
    excluded: z.array(z.string().max(4_096)).max(1_000).default([]),
  }),
);

const swap = z.object({ kind: z.literal('swap'), uuid: z.string(), label: z.string() });
const fileSystem = z.object({
  kind: z.literal('filesystem'),
  type: z.enum(TYPES),
  uuid: z.string(),
  label: z.string(),
  mounts: z.array(z.object({ mount: z.string(), subvolume: z.string() })),
});
const empty = z.object({ kind: z.literal('empty') });

export const hostLayout = response(
  'HostLayout',
  z.object({
    boot: z.enum(BOOTS),
    disks: z.array(
      z.object({
        disk: z.string(),
        sizeBytes: count(),
        table: z.enum(TABLES),
        partitions: z.array(
          z.object({
            number: count(),
            sizeBytes: count(),
            type: z.string(),
            name: z.string(),
            bootable: z.boolean(),
            content: z.discriminatedUnion('kind', [
              swap,
              fileSystem,
              empty,
              z.object({ kind: z.literal('pv'), volumeGroup: z.string() }),
              z.object({ kind: z.literal('bios-boot') }),
            ]),
          }),
        ),
      }),
    ),
    volumeGroups: z.array(
      z.object({
        name: z.string(),
        volumes: z.array(
          z.object({ name: z.string(), sizeBytes: count(), content: z.discriminatedUnion('kind', [swap, fileSystem, empty]) }),
        ),
      }),
    ),
    excluded: z.array(z.string()),
  }),
);
