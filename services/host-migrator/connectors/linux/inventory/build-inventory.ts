import type { HostInventory } from '../../../domain/inventory';
import { parseBlkid, parseDisks, parseLsblk } from './parse-block-devices';
import { parseDatabases } from './parse-databases';
import { fileSystemsOf, networkMounts, parseFstab, parseMounts, parseSwaps, type Mount } from './parse-mounts';
import { parseInterfaces, parseListeners } from './parse-network';
import { parseBoot, parseOs, parsePackages, parseSelinux, parseServices, parseTools } from './parse-system';
import { parseRaids, parseVolumeGroups } from './parse-volumes';
import { linesOf, type Section } from './sections';

/** What else was read of a host: for its precheck, and in no report. */
export interface HostFacts {
  /** Of the account that commands run as: 0 is root. */
  userId: number;
  /** /etc/machine-id and the firmware's UUID; empty where there is none. */
  machineId: string;
  productId: string;
  /** New with every start of the machine; containers share their host's. */
  bootId: string;
  /** Its clock, in ms since 1970, when it was read. */
  clockMs: number;
  /** All that is mounted. */
  mounts: Mount[];
  networkMounts: Mount[];
  /** Drivers of cloud machines that its kernel has. */
  drivers: string[];
  /** Options of its tar that the copying may use, without dashes: "xattrs", "acls", "selinux", "sparse", "null". */
  tarAbilities: string[];
  /** Container engines and node agents that run. */
  containers: string[];
  crypttab: string[];
  /** Parts that could not be read. */
  unread: string[];
}

export interface ReadHost {
  inventory: HostInventory;
  facts: HostFacts;
}

/** The inventory from the parts of the script's output. Pure. What is missing is empty, and named in `unread`. */
export function buildInventory(sections: Map<string, Section>, readAt: string): ReadHost {
  const text = (name: string) => sections.get(name)?.text ?? '';
  const line = (name: string, index = 0) => (text(name).split('\n')[index] ?? '').trim();
  const devices = parseLsblk(text('lsblk'));
  const probes = parseBlkid(text('blkid'));
  const mounts = parseMounts(text('mounts'));
  const inventory: HostInventory = {
    readAt,
    hostname: line('uname', 3),
    os: parseOs(text('os')),
    kernel: { release: line('uname', 1), architecture: line('uname', 2), commandLine: text('cmdline').trim() },
    boot: parseBoot(text('firmware'), text('loader')),
    hardware: {
      cpus: Number(line('cpus')) || 0,
      memoryBytes: (Number(/(\d+) kB/.exec(text('memory'))?.[1]) || 0) * 1024,
      vendor: line('product'),
      product: line('product', 1),
      virtualization: line('virtualization') || 'unknown',
    },
    disks: parseDisks({ devices, probes, starts: text('starts'), serials: text('serials'), sfdisk: text('sfdisk') }),
    volumeGroups: parseVolumeGroups(text('lvm'), devices, probes),
    raids: parseRaids(text('md'), devices, probes),
    fileSystems: fileSystemsOf(mounts, { devices, probes, df: text('df'), inodes: text('inodes') }),
    swaps: parseSwaps(text('swaps'), devices, probes),
    fstab: parseFstab(text('fstab')),
    interfaces: parseInterfaces({
      links: text('links'),
      addresses: text('addresses'),
      routes: text('routes'),
      drivers: text('drivers'),
      resolvers: text('resolvers'),
      configuration: text('network'),
    }),
    services: parseServices(text('units'), text('unitfiles')),
    listeners: parseListeners(text('sockets'), text('tcp')),
    databases: parseDatabases(text('databases')),
    packages: parsePackages(text('packages')),
    selinux: parseSelinux(text('selinux')),
    tools: parseTools(text('tools')),
  };
  return { inventory, facts: factsOf(sections, mounts) };
}

/** Parts that a host may lack by right: no firmware tables, no systemd. */
const OPTIONAL = new Set(['product', 'identity', 'virtualization', 'cpus', 'memory']);

function factsOf(sections: Map<string, Section>, mounts: Mount[]): HostFacts {
  const lines = (name: string) => linesOf(sections.get(name)?.text ?? '');
  const [userId = '', clock = '', ...ids] = lines('identity').map((line) => line.trim());
  return {
    userId: Number(userId || -1),
    clockMs: Math.round(Number(clock.replace(/\.N$|\.%N$/, '')) * 1000) || 0,
    machineId: ids.find((id) => /^[0-9a-f]{32}$/.test(id)) ?? '',
    productId: (ids.find((id) => /^[0-9a-f]{8}-/i.test(id)) ?? '').toLowerCase(),
    bootId: (ids.find((id) => id.startsWith('boot ')) ?? '').slice(5),
    mounts,
    networkMounts: networkMounts(mounts),
    drivers: lines('modules').map((name) => name.replace(/\.ko$/, '')),
    tarAbilities: lines('abilities').map((option) => option.replace(/^--|[ =]$/g, '').trim()),
    containers: lines('containers'),
    crypttab: lines('crypttab'),
    unread: [...sections].filter(([name, { status }]) => status !== 0 && !OPTIONAL.has(name)).map(([name]) => name),
  };
}
