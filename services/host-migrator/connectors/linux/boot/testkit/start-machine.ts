import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostEndpoint } from '../../../../application/ports/host-engine';
import type { DiskImage } from '../../rescue/disk-image';
import type { MachineSpec } from '../../rescue/qemu-arguments';
import { freePorts, startQemu, type QemuMachine } from '../../rescue/qemu-machine';
import type { QemuSettings } from '../../rescue/qemu-settings';
import { readRescueFiles } from '../../rescue/rescue-files';
import { keyFiles, makeRescueKeys, seedArchive } from '../../rescue/rescue-seed';
import { pidPath } from '../../rescue/running-machines';
import { waitForSsh } from '../../rescue/ssh-answer';
import { rescueFolder } from './boot-parts';
import type { SourceImage } from './source-image';
import { SECOND_HTTP_PORT } from './source-machine';

const START_MS = 8 * 60_000;

export interface RunningMachine {
  endpoint: HostEndpoint;
  answeredAfterMs: number;
  console: () => Promise<string>;
  kill: () => Promise<void>;
}

export interface MachineOrder {
  name: string;
  /** For its console, its process id and its firmware's variables. */
  folder: string;
  disk: DiskImage & { serial: string };
  boot: 'bios' | 'uefi';
}

/** Starts a disk as a machine of its own, and waits until SSH answers. End it with `kill()`. */
export async function startMachine(
  order: MachineOrder,
  access: SourceImage,
  settings: QemuSettings,
  signal: AbortSignal,
): Promise<RunningMachine> {
  const spec = await machineSpec(order, settings);
  const machine = await startQemu(spec, settings, 'tcg', null);
  const { hostKeys, privateKeyPem } = access;
  return answered(order.name, spec, { hostKeys, privateKeyPem }, () => machine, signal);
}

/**
 * A machine in a rescue system with a disk, as a provider starts one: it restarts into that disk when it is told to. End it with `kill()`.
 */
export async function startRescueMachine(order: MachineOrder, settings: QemuSettings, signal: AbortSignal): Promise<RunningMachine> {
  const keys = makeRescueKeys();
  const seed = seedArchive({ files: keyFiles(keys), hostname: 'rescue', network: [], returnAfterSeconds: null }, '.');
  const files = await readRescueFiles(rescueFolder());
  const spec = await machineSpec(order, settings);
  const kernel = { path: files.kernel, initramfs: files.initramfs, commandLine: 'console=ttyS0 quiet loglevel=4 panic=-1' };
  let machine = await startQemu({ ...spec, kernel, seeded: true }, settings, 'tcg', seed);
  const state = { over: false };
  // QEMU ends where a machine that was started with a kernel of its own restarts; what comes then is its firmware.
  void machine.ended.then(async () => {
    if (!state.over) machine = await startQemu(spec, settings, 'tcg', null);
  });
  const access = { hostKeys: [keys.hostFingerprint], privateKeyPem: keys.clientPrivateKey };
  const running = await answered(order.name, spec, access, () => machine, signal);
  return {
    ...running,
    kill: async () => {
      state.over = true;
      await running.kill();
    },
  };
}

async function answered(
  name: string,
  { forwards }: MachineSpec,
  { hostKeys, privateKeyPem }: Pick<SourceImage, 'hostKeys' | 'privateKeyPem'>,
  machine: () => QemuMachine,
  signal: AbortSignal,
): Promise<RunningMachine> {
  const { hostAddress: host = '', hostPort: port = 0 } = forwards.find(({ guestPort }) => guestPort === 22) ?? {};
  const answeredAfterMs = await waitForSsh(port, { host, timeoutMs: START_MS, over: machine().ended, signal });
  if (answeredAfterMs === null) {
    const said = await machine().console(3_000);
    await machine().kill();
    throw new Error(`${name} does not answer: ${said}`);
  }
  const location = { kind: 'ssh', host, port, user: 'root', hostKeys, become: 'none' } as const;
  return {
    endpoint: { id: name, location, secret: async () => ({ kind: 'ssh', privateKeyPem }) },
    answeredAfterMs,
    console: () => machine().console(6_000),
    kill: () => machine().kill(),
  };
}

async function machineSpec({ name, folder, disk, boot }: MachineOrder, settings: QemuSettings): Promise<MachineSpec> {
  const variables = join(folder, `${name}.vars`);
  if (boot === 'uefi' && settings.firmware) await copyFile(settings.firmware.variables, variables);
  const [sshPort = 0] = await freePorts(1);
  // An address of its own, so that its web server has the number that it has inside.
  const hostAddress = `127.${[0, 0, 0].map(() => 1 + Math.floor(Math.random() * 254)).join('.')}`;
  return {
    disks: [disk],
    kernel: null,
    firmware: boot === 'uefi' ? { kind: 'uefi', variables } : { kind: 'bios' },
    forwards: [
      { guestPort: 22, hostPort: sshPort, hostAddress },
      { guestPort: SECOND_HTTP_PORT, hostPort: SECOND_HTTP_PORT, hostAddress },
    ],
    consolePath: join(folder, `${name}.console`),
    pidPath: pidPath(folder, name),
    seeded: false,
    memoryMiB: settings.memoryMiB,
    cpus: settings.cpus,
  };
}
