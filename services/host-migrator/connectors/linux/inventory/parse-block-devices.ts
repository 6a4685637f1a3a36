import type { Content, Disk, Partition } from '../../../domain/inventory';
import { linesOf, splitNamed } from './sections';

/** A row of `lsblk -P`. A device with several parents has several rows. */
export interface BlockDevice {
  /** Name in the kernel, as below /sys/block: "sda1", "dm-0". */
  kernelName: string;
  /** "/dev/sda1", "/dev/mapper/vg-root" */
  path: string;
  parent: string;
  /** "8:1" */
  number: string;
  type: string;
  sizeBytes: number;
  readOnly: boolean;
  model: string;
  serial: string;
  sectorBytes: number;
}

/** Values of `blkid -p -o export`, by kernel name. */
export type Probes = Map<string, Record<string, string>>;

const EMPTY: Content = { kind: 'empty', type: '', uuid: '', label: '' };
/** MBR types of extended partitions, which only hold others. */
const EXTENDED = new Set(['05', '0f', '85']);

export function parseLsblk(text: string): BlockDevice[] {
  return linesOf(text).map((line) => {
    const values: Record<string, string> = {};
    // util-linux 2.37 wrote LOG_SEC where those before and after write LOG-SEC.
    for (const [, name = '', value = ''] of line.matchAll(/([A-Z:_-]+)="((?:[^"\\]|\\.)*)"/g)) {
      values[name.replace(/[:-]/g, '_')] = unescapeHex(value);
    }
    const { NAME = '', KNAME = '', PKNAME = '', TYPE = '' } = values;
    const isMapped = /^(?:lvm|crypt|mpath|dm|part)$/.test(TYPE) && KNAME.startsWith('dm-');
    return {
      kernelName: KNAME,
      path: isMapped ? `/dev/mapper/${NAME}` : `/dev/${KNAME.replaceAll('!', '/')}`,
      parent: PKNAME,
      number: (values['MAJ_MIN'] ?? '').trim(),
      type: TYPE,
      sizeBytes: Number(values['SIZE'] ?? 0),
      readOnly: values['RO'] === '1',
      model: (values['MODEL'] ?? '').trim(),
      serial: (values['SERIAL'] ?? '').trim(),
      sectorBytes: Number(values['LOG_SEC'] ?? 512),
    };
  });
}

export function parseBlkid(text: string): Probes {
  const probes: Probes = new Map();
  let values: Record<string, string> = {};
  for (const line of linesOf(text)) {
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    if (name === 'KNAME') probes.set(value, (values = {}));
    else values[name] = value.replace(/\\(.)/g, '$1');
  }
  return probes;
}

/** What stands on a device, by what `blkid` saw there. */
export function contentOf(probe: Record<string, string> | undefined): Content {
  const { TYPE: type = '', UUID: uuid = '', LABEL: label = '', USAGE: usage = '' } = probe ?? {};
  if (type === '') return EMPTY;
  const kinds: Record<string, Content['kind']> = { swap: 'swap', LVM2_member: 'lvm', linux_raid_member: 'raid', crypto_LUKS: 'crypt' };
  return { kind: kinds[type] ?? (usage === 'raid' || usage === 'crypto' ? 'other' : 'filesystem'), type, uuid, label };
}

export interface DiskTexts {
  devices: BlockDevice[];
  probes: Probes;
  /** "sda1 2048 1": name, first sector (of 512 bytes), number. */
  starts: string;
  /** "sda SERIAL" */
  serials: string;
  sfdisk: string;
}

/** Whole disks with their partitions; of a multipath device its map stands for its paths. */
export function parseDisks({ devices, probes, starts, serials, sfdisk }: DiskTexts): Disk[] {
  const positions = new Map(linesOf(starts).map((line) => [line.split(' ')[0], line.split(' ').slice(1).map(Number)]));
  const serialOf = new Map(linesOf(serials).map((line) => [line.split(' ')[0], line.replace(/^\S+ ?/, '').trim()]));
  const dumps = splitNamed(sfdisk);
  const maps = unique(devices.filter(({ type }) => type === 'mpath'));
  const pathsOfMaps = new Set(devices.filter(({ type }) => type === 'mpath').map(({ parent }) => parent));
  const disks = unique(devices.filter((device) => isDisk(device) && !pathsOfMaps.has(device.kernelName)));
  return [...disks, ...maps].map((disk) => {
    const own = unique(devices.filter(({ type, parent }) => type === 'part' && parent === disk.kernelName));
    const probe = probes.get(disk.kernelName) ?? {};
    const dump = dumps.get(disk.kernelName) ?? [];
    const table = tableOf(probe['PTTYPE'] ?? dumped(dump, 'label'), own);
    const first = devices.find(
      ({ kernelName }) => kernelName === devices.find((row) => row.kernelName === disk.kernelName && row.type === 'mpath')?.parent,
    );
    return {
      path: disk.path,
      sizeBytes: disk.sizeBytes,
      serial: disk.serial || serialOf.get(disk.kernelName) || first?.serial || '',
      model: disk.model || first?.model || '',
      logicalSectorBytes: disk.sectorBytes,
      readOnly: disk.readOnly,
      table,
      tableId: (probe['PTUUID'] ?? dumped(dump, 'label-id')).replace(/^0x/, '').toLowerCase(),
      partitions: own
        .map((device) => partitionOf(device, table, probes.get(device.kernelName) ?? {}, positions.get(device.kernelName), dump))
        .sort((a, b) => a.number - b.number),
    };
  });
}

function isDisk({ type, kernelName, sizeBytes }: BlockDevice): boolean {
  return type === 'disk' && sizeBytes > 0 && !/^(?:ram|zram|fd|nbd|sr|loop)/.test(kernelName);
}

function partitionOf(
  device: BlockDevice,
  table: Disk['table'],
  probe: Record<string, string>,
  [start = 0, number = 0]: number[] = [],
  dump: string[],
): Partition {
  const line = dump.find((candidate) => candidate.split(' ')[0] === device.path || candidate.startsWith(`${device.path} `)) ?? '';
  const said = (name: string) => new RegExp(`(?:^|[ ,])${name}= *"?([^",]*)`).exec(line)?.[1]?.trim();
  const type = (probe['PART_ENTRY_TYPE'] ?? said('type') ?? said('Id') ?? '').toLowerCase();
  const written = table === 'mbr' ? type.replace(/^0x/, '').padStart(2, '0') : type;
  return {
    path: device.path,
    number: Number(probe['PART_ENTRY_NUMBER'] ?? 0) || number || Number(/(\d+)$/.exec(device.path)?.[1] ?? 0),
    // The kernel counts in sectors of 512 bytes, whatever the disk's are.
    startBytes: (Number(probe['PART_ENTRY_OFFSET'] ?? 0) || start || Number(said('start') ?? 0)) * 512,
    sizeBytes: device.sizeBytes,
    type: written,
    uuid: (probe['PART_ENTRY_UUID'] ?? said('uuid') ?? '').toLowerCase(),
    name: probe['PART_ENTRY_NAME'] ?? said('name') ?? '',
    bootable: (Number(probe['PART_ENTRY_FLAGS'] ?? 0) & 0x80) !== 0 || /, *bootable/.test(line),
    content: table === 'mbr' && EXTENDED.has(written) ? { ...EMPTY, kind: 'other', type: 'extended' } : contentOf(probe),
  };
}

function tableOf(said: string | undefined, partitions: readonly BlockDevice[]): Disk['table'] {
  if (said === 'gpt') return 'gpt';
  if (said === 'dos' || said === 'mbr') return 'mbr';
  return partitions.length > 0 ? 'mbr' : 'none';
}

/** Of "label: gpt" lines at the head of a dump; old versions have none. */
function dumped(dump: readonly string[], name: string): string {
  return (
    dump
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
      .trim() ?? ''
  );
}

function unique(devices: readonly BlockDevice[]): BlockDevice[] {
  return [...new Map(devices.map((device) => [device.kernelName, device])).values()];
}

function unescapeHex(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return Buffer.from(
    bytes.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}
