import type { ConnectionGuard } from '@smartant/platform/egress';
import type { QemuSettings } from '../rescue/qemu-settings';

/** What an engine for hosts is given by whoever composes it. */
export interface EngineSettings {
  /** Judges every connection when it is made. */
  guard: ConnectionGuard;
  /** Where the rescue system is: its kernel, its initramfs and what they were made of. */
  rescueFolder: string;
  /** For consoles and process ids of the machines that this process starts. */
  machinesFolder: string;
  qemu: () => Promise<QemuSettings>;
  /** How long a machine may take until SSH answers; one that is emulated on a busy machine takes minutes. */
  startMs: number;
  /** How long a rehearsal may hold still a filesystem that no snapshot can be had of. */
  rehearsalHoldSeconds: number;
}
