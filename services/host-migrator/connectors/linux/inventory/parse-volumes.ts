import type { Raid, VolumeGroup } from '../../../domain/inventory';
import { contentOf, type BlockDevice, type Probes } from './parse-block-devices';
import { splitNamed } from './sections';

/** Columns of `vgs`, `pvs` and `lvs`, which are the same in every version. */
export function parseVolumeGroups(text: string, devices: readonly BlockDevice[], probes: Probes): VolumeGroup[] {
  const rows = (name: string) => (splitNamed(text).get(name) ?? []).map((line) => line.trim().split('|'));
  const [physical, logical] = [rows('pvs'), rows('lvs')];
  return rows('vgs').map(([name = '', extent, size, free]) => ({
    name,
    extentBytes: Number(extent),
    sizeBytes: Number(size),
    freeBytes: Number(free),
    devices: physical.filter(([group]) => group === name).map(([, path = '']) => path),
    volumes: logical
      .filter(([group, volume]) => group === name && !volume?.startsWith('['))
      .map(([group = '', volume = '', path = '', bytes, segments = '']) => {
        const mapper = mapperPath(group, volume);
        const device = devices.find((candidate) => candidate.path === mapper);
        return {
          name: volume,
          path: path || mapper,
          sizeBytes: Number(bytes),
          layout: segments,
          content: contentOf(probes.get(device?.kernelName ?? '')),
        };
      }),
  }));
}

/** What the kernel calls a logical volume, whether or not udev has made it another name. */
export function mapperPath(group: string, volume: string): string {
  return `/dev/mapper/${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`;
}

export function parseRaids(text: string, devices: readonly BlockDevice[], probes: Probes): Raid[] {
  return [...splitNamed(text)].map(([name, lines]) => {
    const value = (key: string) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
    return {
      path: `/dev/${name}`,
      level: value('MD_LEVEL'),
      devices: lines.filter((line) => line.startsWith('MEMBER=')).map((line) => `/dev/${line.slice(7)}`),
      sizeBytes: devices.find(({ kernelName }) => kernelName === name)?.sizeBytes ?? 0,
      uuid: value('MD_UUID'),
      metadata: value('MD_METADATA'),
      content: contentOf(probes.get(name)),
    };
  });
}
