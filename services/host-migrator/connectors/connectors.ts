import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { ConnectionGuard } from '@smartant/platform/egress';
import type { HostEngine } from '../application/ports/host-engine';
import { linuxEngine } from './linux/linux-engine';
import { defaultQemuSettings, type QemuSettings } from './linux/rescue/qemu-settings';

export interface EngineChoices {
  /** Judges every connection when it is made. */
  guard: ConnectionGuard;
  /** Where the rescue system is. Empty: migrations into images, and takeovers, are refused. */
  rescueFolder: string;
  /** For what machines of this process leave: consoles, process ids. Absent: below the folder for temporary files. */
  machinesFolder?: string;
  qemu?: Partial<QemuSettings>;
  /** How long a machine may take until SSH answers. */
  startMs: number;
  /** How long a rehearsal may hold a filesystem of the source still. Absent: 20. */
  rehearsalHoldSeconds?: number;
}

/** The one place that names the concrete engine. */
export function createHostEngine({
  guard,
  rescueFolder,
  machinesFolder,
  qemu = {},
  startMs,
  rehearsalHoldSeconds = 20,
}: EngineChoices): HostEngine {
  return linuxEngine({
    guard,
    rescueFolder,
    machinesFolder: machinesFolder ?? join(tmpdir(), `smartant-machines-${process.getuid?.() ?? 0}`),
    qemu: async () => ({ ...(await defaultQemuSettings()), ...qemu }),
    startMs,
    rehearsalHoldSeconds,
  });
}
