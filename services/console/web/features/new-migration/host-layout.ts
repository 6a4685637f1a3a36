import type { Schema } from '@smartant/contracts/openapi';
import type { HostScope } from './plan';

type Layout = Schema<'HostLayout'>;
type Content = Layout['disks'][number]['partitions'][number]['content'] | Layout['volumeGroups'][number]['volumes'][number]['content'];

/** A disk, a partition, a volume group's volume: what a row of the layout shows. */
export interface SizedPlace {
  level: 0 | 1;
  name: string;
  /** "ext4 /", "swap", "LVM vg0". */
  content: string;
  sizeBytes: number;
  /** By what another size is asked for: a mount point, or "swap". Absent: its size follows from what is in it. */
  key?: string;
}

/** Disks with their partitions, then volume groups with their volumes, in the order of the layout. */
export function placesOf({ disks, volumeGroups }: Layout): SizedPlace[] {
  return [
    ...disks.flatMap(({ disk, sizeBytes, table, partitions }): SizedPlace[] => [
      { level: 0, name: disk, content: table.toUpperCase(), sizeBytes },
      ...partitions.map((partition) => placeOf(`${disk} ${partition.number}`, partition.sizeBytes, partition.content)),
    ]),
    ...volumeGroups.flatMap(({ name, volumes }) =>
      volumes.map((volume) => placeOf(`${name}/${volume.name}`, volume.sizeBytes, volume.content)),
    ),
  ];
}

function placeOf(name: string, sizeBytes: number, content: Content): SizedPlace {
  switch (content.kind) {
    case 'swap':
      return { level: 1, name, content: 'swap', sizeBytes, key: 'swap' };
    case 'filesystem': {
      const mounts = content.mounts.map(({ mount }) => mount);
      return { level: 1, name, content: [content.type, mounts.join(', ')].filter(Boolean).join(' '), sizeBytes, key: mounts[0] };
    }
    case 'pv':
      return { level: 1, name, content: `LVM ${content.volumeGroup}`, sizeBytes };
    case 'bios-boot':
      return { level: 1, name, content: 'BIOS boot', sizeBytes };
    case 'empty':
      return { level: 1, name, content: '–', sizeBytes };
  }
}

/** The sizes that were asked for, with these in the place of what was said of the same mount points. */
export function withSizes(sizes: HostScope['sizes'], wanted: Readonly<Record<string, number>>): NonNullable<HostScope['sizes']> {
  const others = (sizes ?? []).filter(({ mount }) => wanted[mount] === undefined);
  return [...others, ...Object.entries(wanted).map(([mount, sizeBytes]) => ({ mount, sizeBytes }))];
}
