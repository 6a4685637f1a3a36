/** A logical volume that a filesystem stands on, as `lvs` tells of it. Sizes: bytes. */
export interface LogicalVolume {
  group: string;
  volume: string;
  sizeBytes: number;
  /** Of its segments: "linear", "striped", "raid1", "thin" … */
  segments: string[];
  freeBytes: number;
  extentBytes: number;
}

/** Kinds that a snapshot with room of its own is taken of. Thin volumes share their pool's room, which is not ours to fill. */
const PLAIN = /^(?:linear|striped|mirror|raid\d+)/;
/** What has to be left in a group: it is the user's. */
const LEFT = 0.2;
/** Of a volume: with less room than this a busy one would overrun its snapshot at once. */
const LEAST = 0.05;
/** Of a volume, more than which a snapshot never takes: each block once, and what tells where they are. */
const MOST = 1.02;

/**
 * Parts of text that begin with "# device", each with rows of `vg_name|lv_name|lv_size|segtype|vg_free|vg_extent_size`, one for each segment; before them
 * "# pools" with rows of `vg_name|thin-pool`. Volumes in groups with such a pool are left out.
 */
export function parseLogicalVolumes(text: string): Map<string, LogicalVolume> {
  const found = new Map<string, LogicalVolume>();
  const withPool = new Set<string>();
  let device = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) device = line.slice(2);
    const [group = '', volume = '', size, segment = '', free, extent] = line.trim().split('|');
    if (volume === 'thin-pool') withPool.add(group);
    if (device === '' || extent === undefined || withPool.has(group)) continue;
    const known = found.get(device);
    if (known) known.segments.push(segment);
    else {
      found.set(device, {
        ...{ group, volume, segments: [segment] },
        ...{ sizeBytes: Number(size), freeBytes: Number(free), extentBytes: Number(extent) },
      });
    }
  }
  return found;
}

/** How many extents a snapshot of each volume may have, by device: their group's free room, shared out. Those without enough are left out. */
export function groupShares(volumes: ReadonlyMap<string, LogicalVolume>): Map<string, LogicalVolume & { extents: number }> {
  const plain = [...volumes].filter(([, { segments }]) => segments.every((segment) => PLAIN.test(segment)));
  return new Map(
    plain.flatMap(([device, volume]) => {
      const { group, sizeBytes, freeBytes, extentBytes } = volume;
      const sharers = plain.filter(([, other]) => other.group === group).length;
      const share = Math.floor((freeBytes * (1 - LEFT)) / sharers / extentBytes);
      const extents = Math.min(share, Math.ceil((sizeBytes * MOST) / extentBytes) + 1);
      return extents * extentBytes >= sizeBytes * LEAST && extents >= 1 ? [[device, { ...volume, extents }] as const] : [];
    }),
  );
}
