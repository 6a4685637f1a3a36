import type { PostAction } from './host-scope';

/** What was seen of a host after its boot: of a rehearsal in a clone, or of the target itself. */
export interface BootProof {
  startedAt: string;
  /** From power on until SSH answered; null: it never did. */
  answeredAfterMs: number | null;
  probes: { probe: string; passed: boolean; detail: string }[];
  actions: { name: string; passed: boolean; exitCode: number | null; output: string }[];
  /** The end of the serial console, where there is one. */
  console: string;
}

/** What the final delta would be now, as the last round saw it. */
export interface DeltaPrediction {
  files: number;
  bytes: number;
  seconds: number;
}

/** What a source is made of, in short: what people and reports look at. The whole inventory is the precheck's answer. */
export interface HostSummary {
  hostname: string;
  os: string;
  kernel: string;
  architecture: string;
  boot: 'bios' | 'uefi';
  cpus: number;
  memoryBytes: number;
  disks: { path: string; serial: string; sizeBytes: number }[];
  fileSystems: { mount: string; type: string; sizeBytes: number; usedBytes: number; files: number }[];
  /** `isCard`: not made by software on top of others; absent in what older versions stored. */
  interfaces: { name: string; addresses: string[]; isCard?: boolean }[];
  /** Databases that run there. */
  databases: string[];
}

/** What of a boot failed, in words: that the machine did not answer, probes, and actions that somebody called required. Empty: it is proved. */
export function bootFailures({ answeredAfterMs, probes, actions }: BootProof, wanted: Pick<PostAction, 'name' | 'required'>[]): string[] {
  const required = new Set(wanted.filter((action) => action.required).map(({ name }) => name));
  return [
    ...(answeredAfterMs === null ? ['the machine did not answer'] : []),
    ...probes.filter(({ passed }) => !passed).map(({ probe, detail }) => `probe ${probe}: ${detail}`),
    ...actions.filter(({ name, passed }) => !passed && required.has(name)).map(({ name }) => `action ${name}`),
  ];
}
