import { access, constants } from 'node:fs/promises';

/** How machines are emulated here. */
export interface QemuSettings {
  /** "qemu-system-x86_64" */
  program: string;
  /** "qemu-img" */
  imageProgram: string;
  /** `auto`: KVM where it works, else emulation, which is slower and the same. */
  acceleration: 'auto' | 'kvm' | 'tcg';
  /** UEFI: its code (read only) and the template of its variables. Null: machines start by BIOS alone. */
  firmware: { code: string; variables: string } | null;
  memoryMiB: number;
  cpus: number;
}

const FIRMWARES = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
  { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
  { code: '/usr/share/qemu/ovmf-x86_64-code.bin', variables: '/usr/share/qemu/ovmf-x86_64-vars.bin' },
];

/** QEMU as distributions install it. */
export async function defaultQemuSettings(): Promise<QemuSettings> {
  let firmware: QemuSettings['firmware'] = null;
  for (const candidate of FIRMWARES) {
    if (!firmware && (await isReadable(candidate.code)) && (await isReadable(candidate.variables))) firmware = candidate;
  }
  return { program: 'qemu-system-x86_64', imageProgram: 'qemu-img', acceleration: 'auto', firmware, memoryMiB: 1024, cpus: 2 };
}

async function isReadable(path: string): Promise<boolean> {
  return await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
