import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import type { HostSession } from '../session/host-session';
import type { MachineDisk, MachineSpec } from './qemu-arguments';
import { freePorts, mayUseKvm, qemuFailed, startQemu, type QemuMachine } from './qemu-machine';
import type { QemuSettings } from './qemu-settings';
import type { RescueFiles } from './rescue-files';
import { keyFiles, makeRescueKeys, seedArchive, type RescueKeys } from './rescue-seed';
import { endLeftMachine, makeMachineFolder, pidPath } from './running-machines';
import { waitForSsh } from './ssh-answer';

export interface ApplianceRequest {
  /** Names the machine among those of the folder; a machine of this name that an earlier process left is ended first. */
  name: string;
  /** For consoles and process ids; of this process's machine alone. */
  folder: string;
  disks: readonly MachineDisk[];
  files: RescueFiles;
  settings: QemuSettings;
  /** How long it may take until SSH answers. */
  timeoutMs: number;
}

/** Our rescue system in a machine of QEMU, with images as its disks: a rescue target like another. */
export interface Appliance {
  endpoint: HostEndpoint;
  keys: RescueKeys;
  acceleration: 'kvm' | 'tcg';
  startedAfterMs: number;
  machine: QemuMachine;
  /** Switches it off once its disks are written; filesystems must not be mounted any more. */
  stop(session: HostSession, signal: AbortSignal): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

const KVM_SIGN_MS = 15_000;
const OFF_MS = 60_000;

/** Starts an appliance, by KVM where a kernel really starts under it. Raises HOST_QEMU_MISSING, HOST_QEMU_FAILED and HOST_APPLIANCE_SILENT. */
export async function startAppliance(request: ApplianceRequest, signal: AbortSignal): Promise<Appliance> {
  await makeMachineFolder(request.folder);
  await endLeftMachine(request.folder, request.name);
  const keys = makeRescueKeys();
  const seed = seedArchive({ files: keyFiles(keys), hostname: 'rescue', network: [], returnAfterSeconds: null }, '.');
  const { acceleration } = request.settings;
  const kvm = acceleration !== 'tcg' && (await mayUseKvm()) && (acceleration === 'kvm' || kvmWorks !== false);
  const first = await tryStart(request, { seed, keys, acceleration: kvm ? 'kvm' : 'tcg' }, signal);
  if (first !== 'silent') return first;
  // A hypervisor inside of another may offer KVM and not start a common kernel. That is seen once.
  kvmWorks = false;
  const second = await tryStart(request, { seed, keys, acceleration: 'tcg' }, signal);
  if (second === 'silent') throw new Error('an emulated machine is not judged by its first sign');
  return second;
}

let kvmWorks: boolean | undefined;

interface Attempt {
  seed: Buffer;
  keys: RescueKeys;
  acceleration: 'kvm' | 'tcg';
}

async function tryStart(request: ApplianceRequest, attempt: Attempt, signal: AbortSignal): Promise<Appliance | 'silent'> {
  const { acceleration, keys } = attempt;
  const [port = 0] = await freePorts(1);
  const { files, settings } = request;
  const spec: MachineSpec = {
    disks: request.disks,
    kernel: { path: files.kernel, initramfs: files.initramfs, commandLine: 'console=ttyS0 quiet loglevel=4 panic=-1 random.trust_cpu=on' },
    firmware: { kind: 'bios' },
    forwards: [{ hostPort: port, guestPort: 22 }],
    consolePath: join(request.folder, `${request.name}.console`),
    pidPath: pidPath(request.folder, request.name),
    seeded: true,
    memoryMiB: settings.memoryMiB,
    cpus: settings.cpus,
  };
  const machine = await startQemu(spec, settings, acceleration, attempt.seed);
  try {
    if (acceleration === 'kvm' && settings.acceleration === 'auto' && !(await showsSign(machine, signal))) {
      await machine.kill();
      return 'silent';
    }
    const startedAfterMs = await waitForSsh(port, { timeoutMs: request.timeoutMs, over: machine.ended, signal });
    if (startedAfterMs === null) throw await whySilent(request.name, machine);
    return {
      ...asEndpoint(request.name, port, keys),
      keys,
      acceleration,
      startedAfterMs,
      machine,
      stop: stopper(machine),
      kill: machine.kill,
    };
  } catch (error) {
    await machine.kill();
    throw error;
  }
}

/** Whether its system says a first word in time. */
async function showsSign(machine: QemuMachine, signal: AbortSignal): Promise<boolean> {
  const state = { ended: false };
  void machine.ended.then(() => (state.ended = true));
  for (const untilMs = performance.now() + KVM_SIGN_MS; performance.now() < untilMs && !state.ended;) {
    signal.throwIfAborted();
    if ((await machine.console()).includes('rescue: started')) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function whySilent(name: string, machine: QemuMachine): Promise<SmartantError> {
  const ended = await Promise.race([machine.ended, Promise.resolve(null)]);
  if (ended) return qemuFailed(`The appliance ${name}`, ended.stderr);
  const said = (await machine.console(2_000)).trim().split('\n').slice(-5).join(' / ');
  return new SmartantError('HOST_APPLIANCE_SILENT', `The appliance ${name} did not answer by SSH in time. Its console ends with: ${said}`, {
    kind: 'timeout',
    actor: 'operator',
    hint: 'An emulated machine is slow where processors are busy: give it more time, or a machine with KVM.',
  });
}

function asEndpoint(name: string, port: number, keys: RescueKeys): Pick<Appliance, 'endpoint'> {
  const { hostFingerprint, clientPrivateKey } = keys;
  return {
    endpoint: {
      id: `appliance-${name}`,
      location: { kind: 'ssh', host: '127.0.0.1', port, user: 'root', hostKeys: [hostFingerprint], become: 'none' },
      secret: async () => ({ kind: 'ssh', privateKeyPem: clientPrivateKey }),
    },
  };
}

function stopper(machine: QemuMachine): Appliance['stop'] {
  return async (session, signal) => {
    await session.run(['sync'], { signal, timeoutMs: OFF_MS });
    // It may be off before it has answered.
    await session.run(['busybox', 'poweroff', '-f'], { signal, timeoutMs: 10_000 }).catch(() => undefined);
    session.close();
    const off = await Promise.race([
      machine.ended.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), OFF_MS).unref()),
    ]);
    // Everything is on its disks already.
    if (!off) await machine.kill();
  };
}
