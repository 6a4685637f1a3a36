import type { ImageFormat } from '@smartant/connectors';
import type { QemuSettings } from './qemu-settings';

export interface MachineDisk {
  path: string;
  format: ImageFormat;
  /** What the guest sees as the disk's serial: at most 20 characters. */
  serial: string;
}

export interface MachineSpec {
  disks: readonly MachineDisk[];
  /** A kernel that is started directly; null: from the first disk, as firmware does. */
  kernel: { path: string; initramfs: string; commandLine: string } | null;
  /** Of a start from disk. `variables`: a writable copy of the firmware's variables. */
  firmware: { kind: 'bios' } | { kind: 'uefi'; variables: string };
  /** Ports of the guest that loopback reaches (127.0.0.1, or another of its addresses). Nothing else gets in, and nothing gets out. */
  forwards: readonly { hostPort: number; guestPort: number; hostAddress?: string }[];
  /** File that the serial console is written to. */
  consolePath: string;
  /** File that QEMU writes its process id to. */
  pidPath: string;
  /** Whether file descriptor 3 holds the seed of a rescue system. */
  seeded: boolean;
  memoryMiB: number;
  cpus: number;
}

/** QEMU's arguments. No secret is among them. */
export function qemuArguments(spec: MachineSpec, settings: QemuSettings, acceleration: 'kvm' | 'tcg'): string[] {
  const forwards = spec.forwards
    .map(({ hostPort, guestPort, hostAddress = '127.0.0.1' }) => `,hostfwd=tcp:${hostAddress}:${hostPort}-:${guestPort}`)
    .join('');
  return [
    ...['-machine', 'q35', ...accelerationArguments(acceleration), '-m', String(spec.memoryMiB), '-smp', String(spec.cpus)],
    ...['-nodefaults', '-display', 'none', '-no-user-config', '-serial', `file:${escaped(spec.consolePath)}`, '-pidfile', spec.pidPath],
    // `restrict`: the guest reaches nobody, neither the migrator's machine nor what is around it.
    ...['-netdev', `user,id=n0,restrict=on${forwards}`, '-device', 'virtio-net-pci,netdev=n0,romfile=', '-device', 'virtio-rng-pci'],
    ...spec.disks.flatMap(({ path, format, serial }, at) => [
      '-drive',
      `if=none,id=d${at},file=${escaped(path)},format=${format},cache=writeback,discard=unmap,detect-zeroes=unmap`,
      '-device',
      `virtio-blk-pci,drive=d${at},serial=${escaped(serial)}${spec.kernel ? '' : `,bootindex=${at + 1}`}`,
    ]),
    ...(spec.seeded ? ['-fw_cfg', 'name=opt/io.smartant/seed,file=/dev/fd/3'] : []),
    ...startArguments(spec, settings),
  ];
}

function accelerationArguments(acceleration: 'kvm' | 'tcg'): string[] {
  // AVX-512 that is emulated is slower than the code without it.
  return acceleration === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max,-avx512f'];
}

function startArguments({ kernel, firmware }: MachineSpec, settings: QemuSettings): string[] {
  if (kernel) return ['-kernel', kernel.path, '-initrd', kernel.initramfs, '-append', kernel.commandLine, '-no-reboot'];
  if (firmware.kind === 'bios' || !settings.firmware) return [];
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${escaped(settings.firmware.code)}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${escaped(firmware.variables)}`],
  ];
}

/** QEMU reads a comma as the end of a value, unless there are two. */
const escaped = (text: string) => text.replaceAll(',', ',,');
