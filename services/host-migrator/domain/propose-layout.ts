import { SmartantError } from '@smartant/kernel';
import type { HostInventory } from './inventory';
import type { DiskPlan, HostLayout } from './layout';
import { collectParts, type LayoutPart } from './layout-parts';
import { bytesOnDisk, EXTENT_BYTES, MIB, roundUp, shrinkTo, sizeParts, type SizedPart } from './layout-sizes';
import { PARTITION_TYPES } from './partition-types';

/** A disk of the target, by its serial, or its path where it has none. */
export interface TargetDisk {
  disk: string;
  sizeBytes: number;
}

export interface LayoutWishes {
  /** Null: as the source boots. */
  boot: 'bios' | 'uefi' | null;
  excludeMounts: readonly string[];
  /** By mount point, or "swap". */
  sizes: readonly { mount: string; sizeBytes: number }[];
  /** Size of the image, where it is one; 0: what the layout needs. */
  imageBytes: number;
  /** Filesystems are carried by their blocks: none may be smaller than at the source. */
  whole?: boolean;
}

export interface ProposedLayout {
  layout: HostLayout;
  /** What is different from the source, in words for its user. */
  notes: string[];
}

/** An MBR holds four partitions that need no other one around them, and addresses 2 TiB. */
const MBR_PARTITIONS = 4;
const MBR_BYTES = 2 * 1024 ** 4;
/** In front of the first partition, and behind the last one (the second copy of a GPT). */
const EDGE_BYTES = MIB;
const BIOS_BOOT_BYTES = MIB;
const NEW_ESP_BYTES = 256 * MIB;

/**
 * What the target's disks shall look like: the source's filesystems, swap areas and volume groups with their UUIDs and names, as large as
 * they are there where the disks allow it, else shrunk to what is used and room to work. Arrays become plain partitions. One disk (or
 * `image`) takes everything; of several, each takes what stood on the source's disk at its place, and then what is left where there is room.
 * Raises LAYOUT_NOTHING_TO_BOOT, LAYOUT_NO_DISK and LAYOUT_DOES_NOT_FIT.
 */
export function proposeLayout(inventory: HostInventory, target: readonly TargetDisk[] | 'image', wishes: LayoutWishes): ProposedLayout {
  const collected = collectParts(inventory, wishes.excludeMounts);
  if (!collected.parts.some(({ key }) => key === '/')) {
    throw new SmartantError(
      'LAYOUT_NOTHING_TO_BOOT',
      'The root filesystem of the source is not of a type that can be made at the target.',
      {
        kind: 'precondition',
        hint: 'Its root must be on ext2, ext3, ext4, xfs or btrfs, and not be left out.',
      },
    );
  }
  const boot = wishes.boot ?? inventory.boot.mode;
  const table = boot === 'bios' && keepsMbr(inventory, collected.parts) ? 'mbr' : 'gpt';
  const parts = withBootParts(collected.parts, boot);
  assertSizesKnown(parts, wishes.sizes);
  const sized = sizeParts(parts, wishes.sizes, wishes.whole);
  // A disk that was to have an MBR gets a GPT where that cannot hold what it shall; its loader needs a place of its own then.
  const overhead = 2 * EDGE_BYTES + (boot === 'bios' ? BIOS_BOOT_BYTES : 0);
  const disks = target === 'image' ? [imageDisk(sized, overhead, wishes.imageBytes)] : [...target];
  const placed = placeParts(sized, disks, overhead);
  const layout: HostLayout = {
    boot,
    disks: placed.flatMap((own, at) => {
      const disk = disks[at];
      return disk && (own.length > 0 || at === 0)
        ? [planDisk(disk, own, { table: tableFor(table, disk, own), boot: at === 0 ? boot : null })]
        : [];
    }),
    volumeGroups: planGroups(placed.flat()),
    excluded: collected.excluded,
  };
  return { layout, notes: noteChanges(parts, collected.excluded, placed.flat()) };
}

/** A size for what the source does not have is a slip that nobody would see. */
function assertSizesKnown(parts: readonly LayoutPart[], sizes: LayoutWishes['sizes']): void {
  const keys = new Set(parts.map(({ key }) => key));
  const unknown = sizes.filter(({ mount }) => !keys.has(mount)).map(({ mount }) => mount);
  if (unknown.length === 0) return;
  throw new SmartantError('LAYOUT_SIZE_UNKNOWN', `The target gets no ${unknown.join(', ')} of which a size is given.`, {
    kind: 'precondition',
    hint: `Sizes may be given for ${[...keys].join(', ')}.`,
  });
}

function keepsMbr({ disks }: HostInventory, parts: readonly LayoutPart[]): boolean {
  const root = parts.find(({ key }) => key === '/');
  return disks[root?.diskIndex ?? 0]?.table === 'mbr';
}

function tableFor(wanted: 'gpt' | 'mbr', disk: TargetDisk, own: readonly SizedPart[]): 'gpt' | 'mbr' {
  const partitions = own.filter(({ part }) => !part.volume).length + new Set(own.flatMap(({ part }) => part.volume?.group ?? [])).size;
  return wanted === 'mbr' && partitions <= MBR_PARTITIONS && disk.sizeBytes <= MBR_BYTES ? 'mbr' : 'gpt';
}

/** A system that starts by UEFI has its EFI partition; one that shall do so from now on gets one; one that shall not any more loses it. */
function withBootParts(parts: readonly LayoutPart[], boot: 'bios' | 'uefi'): LayoutPart[] {
  const isEsp = (part: LayoutPart) =>
    part.content.kind === 'filesystem' && part.content.type === 'vfat' && /^\/(boot|efi)(\/|$)/.test(part.key);
  if (boot === 'bios' || parts.some(isEsp)) return [...parts];
  const esp: LayoutPart = {
    key: '/boot/efi',
    diskIndex: 0,
    volume: null,
    content: { kind: 'filesystem', type: 'vfat', uuid: '', label: '', mounts: [{ mount: '/boot/efi', subvolume: '' }] },
    sizeBytes: NEW_ESP_BYTES,
    usedBytes: 16 * MIB,
    partition: { type: PARTITION_TYPES.esp.gpt, name: 'EFI', bootable: true },
    flattened: null,
  };
  return [esp, ...parts];
}

function imageDisk(sized: readonly SizedPart[], overhead: number, imageBytes: number): TargetDisk {
  return { disk: 'image', sizeBytes: imageBytes > 0 ? Math.floor(imageBytes / MIB) * MIB : bytesOnDisk(sized) + overhead };
}

/** The parts of each disk. What a boot needs goes to the first, since firmware looks there. */
function placeParts(sized: readonly SizedPart[], disks: readonly TargetDisk[], overhead: number): SizedPart[][] {
  if (disks.length === 0) {
    throw new SmartantError('LAYOUT_NO_DISK', 'The target has no disk that may be written.', {
      kind: 'precondition',
      hint: 'Attach a blank disk to the target, or confirm one of its disks by its serial.',
    });
  }
  const roomOf = (at: number) => Math.floor((disks[at]?.sizeBytes ?? 0) / MIB) * MIB - overhead;
  const groups: SizedPart[][] = disks.map(() => []);
  // A group of volumes stays together; it goes where its first volume stood.
  for (const cluster of clusters(sized)) {
    const [{ part }] = cluster;
    const boots = cluster.some((one) => /^\/(boot(\/efi)?|efi)?$/.test(one.part.key));
    const home = boots ? 0 : Math.min(part.diskIndex, disks.length - 1);
    const fits = (at: number) => leastOnDisk([...(groups[at] ?? []), ...cluster]) <= roomOf(at);
    const others = [...disks.keys()].sort((a, b) => roomOf(b) - leastOnDisk(groups[b] ?? []) - (roomOf(a) - leastOnDisk(groups[a] ?? [])));
    const at = fits(home) || boots ? home : (others.find(fits) ?? home);
    groups[at]?.push(...cluster);
  }
  return groups.map((own, at) => fitDisk(own, roomOf(at), disks[at]));
}

function clusters(sized: readonly SizedPart[]): [SizedPart, ...SizedPart[]][] {
  const found = new Map<string, SizedPart[]>();
  for (const [at, one] of sized.entries()) {
    const key = one.part.volume ? `group ${one.part.volume.group}` : `part ${at}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  const boots = (one: SizedPart[]) => (one.some(({ part }) => /^\/(boot(\/efi)?|efi)?$/.test(part.key)) ? 0 : 1);
  // What must be on the first disk is placed before what only would like to be there.
  return ([...found.values()] as [SizedPart, ...SizedPart[]][]).sort((a, b) => boots(a) - boots(b));
}

const leastOnDisk = (sized: readonly SizedPart[]) =>
  bytesOnDisk(sized.map(({ part, fixed, sizeBytes, leastBytes }) => ({ part, sizeBytes: fixed ? sizeBytes : leastBytes })));

function fitDisk(sized: readonly SizedPart[], roomBytes: number, disk: TargetDisk | undefined): SizedPart[] {
  const fitted = shrinkTo(sized, roomBytes);
  if (fitted) return growTo(fitted, roomBytes);
  const needed = leastOnDisk(sized);
  throw new SmartantError(
    'LAYOUT_DOES_NOT_FIT',
    `Disk ${disk?.disk ?? ''} has room for ${inMib(roomBytes)} MiB, and ${sized.map(({ part }) => part.key).join(', ')} need at least ${inMib(needed)} MiB.`,
    {
      kind: 'precondition',
      hint: 'Take a larger disk, leave mounts out, or wish for smaller sizes; by their blocks (engine "blocks") filesystems keep the room that they have.',
      details: { disk: disk?.disk ?? '', neededBytes: String(needed), roomBytes: String(roomBytes) },
    },
  );
}

const inMib = (bytes: number) => Math.ceil(bytes / MIB);

/** Room that is left goes to a group of volumes as free space, which any of them can take later; without one to the largest filesystem. */
function growTo(sized: readonly SizedPart[], roomBytes: number): SizedPart[] {
  const spare = Math.floor((roomBytes - bytesOnDisk(sized)) / MIB) * MIB;
  if (spare <= 0 || sized.some(({ part }) => part.volume)) return [...sized];
  const growing = sized.filter(({ part, fixed }) => !fixed && part.content.kind === 'filesystem' && part.content.type !== 'vfat');
  const largest = growing.reduce<SizedPart | null>((best, one) => (best && best.sizeBytes >= one.sizeBytes ? best : one), null);
  return sized.map((one) => (one === largest ? { ...one, sizeBytes: one.sizeBytes + spare } : one));
}

function planDisk(disk: TargetDisk, own: readonly SizedPart[], how: { table: 'gpt' | 'mbr'; boot: HostLayout['boot'] | null }): DiskPlan {
  const type = (name: keyof typeof PARTITION_TYPES) => PARTITION_TYPES[name][how.table];
  const partitions: Omit<DiskPlan['partitions'][number], 'number'>[] = [];
  if (how.boot === 'bios' && how.table === 'gpt') {
    partitions.push({
      sizeBytes: BIOS_BOOT_BYTES,
      type: type('biosBoot'),
      name: 'bios-boot',
      bootable: false,
      content: { kind: 'bios-boot' },
    });
  }
  const sizeBytes = Math.floor(disk.sizeBytes / MIB) * MIB;
  for (const { part, sizeBytes: bytes } of own.filter((one) => !one.part.volume)) {
    partitions.push({
      sizeBytes: bytes,
      type: typeOf(part, how.table),
      name: how.table === 'gpt' ? (part.partition?.name ?? '') : '',
      bootable: how.table === 'mbr' && (part.partition?.bootable ?? false),
      content: part.content,
    });
  }
  const groups = [...new Set(own.flatMap(({ part }) => part.volume?.group ?? []))];
  const used = () => partitions.reduce((sum, one) => sum + one.sizeBytes, 2 * EDGE_BYTES);
  for (const [at, group] of groups.entries()) {
    const needed = bytesOnDisk(own.filter(({ part }) => part.volume?.group === group));
    // The last group takes the rest of the disk.
    const bytes = at === groups.length - 1 ? Math.max(sizeBytes - used(), needed) : needed;
    partitions.push({ sizeBytes: bytes, type: type('lvm'), name: '', bootable: false, content: { kind: 'pv', volumeGroup: group } });
  }
  return {
    disk: disk.disk,
    sizeBytes,
    table: how.table,
    partitions: partitions.map((partition, at) => ({ number: at + 1, ...partition })),
  };
}

/** The source's own type where both tables are of one kind: a GPT has types that say more than "Linux". */
function typeOf({ partition, content, key }: LayoutPart, table: 'gpt' | 'mbr'): string {
  const plain = content.kind === 'swap' ? 'swap' : key === '/boot/efi' || key === '/efi' ? 'esp' : 'linux';
  const isGpt = (partition?.type.length ?? 0) > 2;
  const own = partition && partition.type !== '' && isGpt === (table === 'gpt') ? partition.type.toLowerCase() : null;
  const carriers: string[] = [
    PARTITION_TYPES.lvm[table],
    PARTITION_TYPES.biosBoot[table],
    'fd',
    'a19d880f-05fc-4d3b-a006-743f0f84911e',
    '5',
    'f',
    '05',
    '0f',
  ];
  return own && !carriers.includes(own) ? own : PARTITION_TYPES[plain][table];
}

function planGroups(sized: readonly SizedPart[]): HostLayout['volumeGroups'] {
  const groups = new Map<string, HostLayout['volumeGroups'][number]>();
  for (const { part, sizeBytes } of sized) {
    if (!part.volume) continue;
    const group = groups.get(part.volume.group) ?? { name: part.volume.group, volumes: [] };
    group.volumes.push({ name: part.volume.name, sizeBytes: roundUp(sizeBytes, EXTENT_BYTES), content: part.content });
    groups.set(part.volume.group, group);
  }
  return [...groups.values()];
}

function noteChanges(parts: readonly LayoutPart[], excluded: readonly string[], sized: readonly SizedPart[]): string[] {
  const of = (kind: LayoutPart['flattened']) => parts.filter(({ flattened }) => flattened === kind).map(({ key }) => key);
  const shrunk = sized
    .filter(({ part, sizeBytes, fixed }) => !fixed && sizeBytes < part.sizeBytes - EXTENT_BYTES)
    .map(({ part }) => part.key);
  const tight = sized.filter(({ part, sizeBytes, fixed }) => fixed && sizeBytes < part.usedBytes).map(({ part }) => part.key);
  const note = (names: readonly string[], text: string) => (names.length > 0 ? [`${names.join(', ')}: ${text}`] : []);
  return [
    ...note(of('raid'), 'on an array at the source, on a plain partition at the target'),
    ...note(of('crypt'), 'encrypted at the source, not encrypted at the target'),
    ...note(shrunk, 'smaller than at the source'),
    ...note(tight, 'smaller than what it holds, so enough of that must be left out'),
    ...note(excluded, 'not taken to the target'),
  ];
}
