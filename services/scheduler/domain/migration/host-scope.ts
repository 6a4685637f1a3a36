export type HostEngineKind = 'files' | 'blocks';
export type HostVerify = 'content' | 'metadata';
export type SourceAfter = 'keep' | 'network-off' | 'power-off';

/** What of a host is migrated, and how. Paths are the source's. Defaults: `DEFAULT_HOST_SCOPE`. */
export interface HostScope {
  /** How the data of filesystems is carried. */
  engine: HostEngineKind;
  /** Absolute globs that are left out, beside what is never copied. */
  exclude: string[];
  /** Mount points that are left out whole. */
  excludeMounts: string[];
  /** Null: proposed by the precheck, and decided when that has passed. */
  layout: HostLayout | null;
  /** Sizes other than the proposed ones: by mount point, or "swap". */
  sizes: { mount: string; sizeBytes: number }[];
  /** Serials (or paths) of the target's disks whose content may be destroyed. Without its confirmation a disk is not touched. */
  confirmedDisks: string[];
  /** Write below this directory of the target; nothing is partitioned and no boot is mended. Empty: disks. */
  targetDirectory: string;
  /** Size of an image; 0: what the layout needs. */
  imageBytes: number;
  /** Units stopped at the source in a cutover, in this order; they are started again when it is given back. */
  stopServices: string[];
  /** What becomes of the source once its target has been proved. */
  sourceAfter: SourceAfter;
  /** An interface without a plan: DHCP. */
  network: NetworkPlan[];
  machineId: 'new' | 'keep';
  sshHostKeys: 'keep' | 'new';
  /** Empty: the source's. */
  hostname: string;
  /** Take the tools of the old hypervisor out of the start of the target. */
  disableGuestTools: boolean;
  serialConsole: boolean;
  /** Take over a running Linux machine at the target: put our rescue system in its place, in its memory. */
  takeOverTarget: boolean;
  actions: PostAction[];
  probes: HealthProbe[];
  verify: HostVerify;
  compress: 'auto' | 'always' | 'never';
  /** Data goes from source to target by itself where they reach each other. */
  direct: 'auto' | 'never';
  /** Streams at once; 0: chosen by the migrator. */
  streams: number;
  /** Open quarantined files allowed before a run stops. */
  quarantineCap: number;
}

export interface NetworkPlan {
  /** Name of the interface at the source. */
  source: string;
  mode: 'dhcp' | 'keep' | 'static';
  /** Of `static`: with prefix lengths. */
  addresses: string[];
  gateway: string;
  nameServers: string[];
  /** MAC of the target's interface; empty: the one at the same place in the order. */
  mac: string;
}

/** A script that is run at the target after it has started. */
export interface PostAction {
  name: string;
  script: string;
  timeoutMs: number;
  /** Whether its failure fails the boot. */
  required: boolean;
}

/** What proves that a target works after its boot. */
export type HealthProbe =
  | { kind: 'ssh'; timeoutMs: number }
  | { kind: 'tcp'; port: number; timeoutMs: number }
  | { kind: 'http'; port: number; path: string; expectStatus: number; expectText: string; timeoutMs: number }
  | { kind: 'mount'; mount: string; timeoutMs: number }
  | { kind: 'service'; name: string; timeoutMs: number };

/** What the target's disks shall look like. Sizes are bytes. */
export interface HostLayout {
  boot: 'bios' | 'uefi';
  disks: {
    /** Its serial, and its path where it has none. An image has one disk, "image". */
    disk: string;
    sizeBytes: number;
    table: 'gpt' | 'mbr';
    partitions: { number: number; sizeBytes: number; type: string; name: string; bootable: boolean; content: PartitionContent }[];
  }[];
  volumeGroups: { name: string; volumes: { name: string; sizeBytes: number; content: VolumeContent }[] }[];
  excluded: string[];
}

export type VolumeContent =
  | { kind: 'swap'; uuid: string; label: string }
  | {
      kind: 'filesystem';
      type: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'btrfs' | 'vfat';
      uuid: string;
      label: string;
      mounts: { mount: string; subvolume: string }[];
    }
  | { kind: 'empty' };

export type PartitionContent = VolumeContent | { kind: 'pv'; volumeGroup: string } | { kind: 'bios-boot' };

/** A machine that answers is the least that a boot has to prove. */
const SSH_PROBE: HealthProbe = { kind: 'ssh', timeoutMs: 300_000 };

export const DEFAULT_HOST_SCOPE: HostScope = {
  engine: 'files',
  exclude: [],
  excludeMounts: [],
  layout: null,
  sizes: [],
  confirmedDisks: [],
  targetDirectory: '',
  imageBytes: 0,
  stopServices: [],
  sourceAfter: 'keep',
  network: [],
  machineId: 'new',
  sshHostKeys: 'keep',
  hostname: '',
  disableGuestTools: true,
  serialConsole: true,
  takeOverTarget: false,
  actions: [],
  probes: [SSH_PROBE],
  verify: 'content',
  compress: 'auto',
  direct: 'auto',
  streams: 0,
  quarantineCap: 1_000,
};

/** The whole scope: what is left out is the default. Where nothing is started, nothing is probed. */
export function hostScope(given: Partial<HostScope>): HostScope {
  const probes = given.targetDirectory ? { probes: [] } : {};
  return { ...DEFAULT_HOST_SCOPE, ...probes, ...given };
}
