import type { ContentPlan, HostLayout } from '../../../domain/layout';
import { partitionPath } from './partition-script';

/** A filesystem or swap area of a layout, with the device that it stands on. */
export interface LayoutVolume {
  device: string;
  sizeBytes: number;
  content: Exclude<ContentPlan, { kind: 'empty' }>;
}

/** `devices`: of each disk of the layout. */
export function layoutVolumes(layout: HostLayout, devices: ReadonlyMap<string, string>): LayoutVolume[] {
  const partitions = layout.disks.flatMap(({ disk, partitions: planned }) =>
    planned.flatMap(({ number, sizeBytes, content }) =>
      content.kind === 'filesystem' || content.kind === 'swap'
        ? [{ device: partitionPath(devices.get(disk) ?? disk, number), sizeBytes, content }]
        : [],
    ),
  );
  const volumes = layout.volumeGroups.flatMap((group) =>
    group.volumes.flatMap(({ name, sizeBytes, content }) =>
      content.kind === 'empty' ? [] : [{ device: `/dev/${group.name}/${name}`, sizeBytes, content }],
    ),
  );
  return [...partitions, ...volumes];
}

export interface LayoutMount {
  device: string;
  type: string;
  uuid: string;
  mount: string;
  subvolume: string;
}

/** All mounts, those that others lie in first. */
export function layoutMounts(volumes: readonly LayoutVolume[]): LayoutMount[] {
  const depth = (mount: string) => mount.split('/').filter(Boolean).length;
  return volumes
    .flatMap(({ device, content }) =>
      content.kind === 'filesystem' ? content.mounts.map((one) => ({ device, type: content.type, uuid: content.uuid, ...one })) : [],
    )
    .sort((a, b) => depth(a.mount) - depth(b.mount) || (a.mount < b.mount ? -1 : 1));
}
