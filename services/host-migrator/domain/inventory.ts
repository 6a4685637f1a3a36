/** What a Linux machine is made of, as it was read over SSH. Sizes are bytes. */
export interface HostInventory {
  /** RFC 3339. */
  readAt: string;
  hostname: string;
  /** From /etc/os-release. */
  os: { id: string; idLike: string[]; versionId: string; prettyName: string };
  kernel: { release: string; architecture: string; commandLine: string };
  boot: { mode: 'bios' | 'uefi'; secureBoot: boolean; loader: 'grub' | 'systemd-boot' | 'unknown' };
  hardware: { cpus: number; memoryBytes: number; vendor: string; product: string; virtualization: string };
  disks: Disk[];
  volumeGroups: VolumeGroup[];
  raids: Raid[];
  fileSystems: FileSystem[];
  swaps: { path: string; uuid: string; label: string; sizeBytes: number }[];
  /** Lines of /etc/fstab, in their order. */
  fstab: FstabEntry[];
  interfaces: NetworkInterface[];
  /** "systemd" units that run, and others that were found. */
  services: { name: string; state: string; enabled: boolean }[];
  listeners: { protocol: 'tcp' | 'udp'; address: string; port: number; process: string }[];
  /** Databases that are running: their data must not be copied as files while they write. */
  databases: { product: string; version: string; dataDirectory: string; process: string }[];
  packages: { manager: 'dpkg' | 'rpm' | 'apk' | 'pacman' | 'unknown'; count: number };
  selinux: 'enforcing' | 'permissive' | 'disabled' | 'absent';
  /** Which programs of those that the migration could use are there, with their versions ("" where it tells none). */
  tools: Record<string, string>;
}

export interface Disk {
  /** "/dev/vda" */
  path: string;
  sizeBytes: number;
  serial: string;
  model: string;
  logicalSectorBytes: number;
  readOnly: boolean;
  table: 'gpt' | 'mbr' | 'none';
  /** GPT: its GUID; MBR: its signature. */
  tableId: string;
  partitions: Partition[];
}

export interface Partition {
  path: string;
  number: number;
  startBytes: number;
  sizeBytes: number;
  /** GPT: a GUID in lower case; MBR: two hexadecimal digits. */
  type: string;
  uuid: string;
  name: string;
  bootable: boolean;
  /** What it holds. */
  content: Content;
}

/** What stands on a block device. `uuid` of a filesystem, swap area, physical volume or array. */
export interface Content {
  kind: 'filesystem' | 'swap' | 'lvm' | 'raid' | 'crypt' | 'other' | 'empty';
  /** "ext4", "xfs", "btrfs", "vfat", "swap", "LVM2_member", "linux_raid_member", "crypto_LUKS" … */
  type: string;
  uuid: string;
  label: string;
}

export interface VolumeGroup {
  name: string;
  extentBytes: number;
  sizeBytes: number;
  freeBytes: number;
  /** Devices of its physical volumes. */
  devices: string[];
  volumes: { name: string; path: string; sizeBytes: number; layout: string; content: Content }[];
}

export interface Raid {
  path: string;
  level: string;
  devices: string[];
  sizeBytes: number;
  uuid: string;
  metadata: string;
  content: Content;
}

export interface FileSystem {
  /** Where it is mounted. */
  mount: string;
  device: string;
  type: string;
  uuid: string;
  label: string;
  /** As they are mounted now. */
  options: string[];
  /** Of btrfs: the path of the mounted subvolume ("/@home"); else empty. */
  subvolume: string;
  sizeBytes: number;
  usedBytes: number;
  files: number;
}

export interface FstabEntry {
  spec: string;
  mount: string;
  type: string;
  options: string[];
  dump: number;
  pass: number;
}

export interface NetworkInterface {
  name: string;
  mac: string;
  driver: string;
  up: boolean;
  /** "192.0.2.7/24" */
  addresses: string[];
  gateways: string[];
  nameServers: string[];
  /** Whether its IPv4 address came by DHCP, as far as the configuration tells. */
  dhcp: boolean;
  /** Which files configure it. */
  configuredBy: 'ifupdown' | 'netplan' | 'networkd' | 'network-manager' | 'ifcfg' | 'wicked' | 'unknown';
}
