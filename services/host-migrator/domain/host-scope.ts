import type { HostLayout } from './layout';

export type HostEngineKind = 'files' | 'blocks';
export type HostVerify = 'content' | 'metadata';

/** What of a host is migrated, and how. Paths are the source's. */
export interface HostScope {
  /** How the data of filesystems is carried. */
  engine: HostEngineKind;
  /** Absolute globs that are left out, beside what is never copied (/proc, /sys, /dev, /run, /tmp/… of other systems). */
  exclude: string[];
  /** Mount points that are left out whole. */
  excludeMounts: string[];
  /** Null: proposed from the inventory. */
  layout: HostLayout | null;
  /** Sizes other than the proposed ones: by mount point, or "swap". Bytes. */
  sizes: { mount: string; sizeBytes: number }[];
  /** Serials (or paths) of the target's disks whose content may be destroyed. Without its confirmation a disk is not touched. */
  confirmedDisks: string[];
  /** Write below this directory of the target, whose filesystems somebody has mounted there; nothing is partitioned and no boot is mended. Empty: disks. */
  targetDirectory: string;
  /** Size of an image; 0: what the layout needs. */
  imageBytes: number;
  /** Units stopped at the source in a cutover, in this order; they are started again when it is given back. */
  stopServices: string[];
  /** What becomes of the source once its target has been proved. */
  sourceAfter: 'keep' | 'network-off' | 'power-off';
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
  /** Streams at once; 0: chosen here. */
  streams: number;
  /** Open quarantined units allowed before a run stops. */
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
