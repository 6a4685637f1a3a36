import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { SshLocation } from '@smartant/connectors';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import type { BootProof } from '../../../domain/boot-proof';
import type { HealthProbe, PostAction } from '../../../domain/host-scope';
import type { MachineDisk, MachineSpec } from '../rescue/qemu-arguments';
import { freePorts, mayUseKvm, startQemu, type QemuMachine } from '../rescue/qemu-machine';
import type { QemuSettings } from '../rescue/qemu-settings';
import { endLeftMachine, makeMachineFolder, pidPath } from '../rescue/running-machines';
import { waitForSsh } from '../rescue/ssh-answer';
import type { HostSession } from '../session/host-session';
import { runActions } from './run-actions';
import { dialLoopback, runProbes } from './run-probes';

export interface ImageBoot {
  /** Names the machine; one that an earlier process left is ended first. */
  name: string;
  folder: string;
  disk: MachineDisk;
  boot: 'bios' | 'uefi';
  settings: QemuSettings;
  /** Signs in as at the source, whose users and keys came along. `hostKeys`: what the clone shows now. */
  user: Pick<SshLocation, 'user' | 'become' | 'hostKeys'> & Pick<HostEndpoint, 'secret'>;
  probes: readonly HealthProbe[];
  actions: readonly PostAction[];
  /** How long it may take until SSH answers. */
  timeoutMs: number;
}

const OFF_MS = 120_000;
const KVM_SIGN_MS = 60_000;

/**
 * Starts an image apart from every network (only loopback reaches its ports), probes it, runs the actions and switches it off. What the
 * system does in between stays in the image. Raises for what is wrong here (HOST_QEMU_…); what is wrong with the system is in the proof.
 */
export async function bootImage(
  order: ImageBoot,
  open: (endpoint: HostEndpoint, signal: AbortSignal) => Promise<HostSession>,
  signal: AbortSignal,
): Promise<BootProof> {
  await makeMachineFolder(order.folder);
  await endLeftMachine(order.folder, order.name);
  const startedAt = new Date().toISOString();
  const { machine, forwards } = await startFromDisk(order, signal);
  const hostPort = (port: number) => forwards.find(({ guestPort }) => guestPort === port)?.hostPort ?? 0;
  try {
    const answeredAfterMs = await waitForSsh(hostPort(22), { timeoutMs: order.timeoutMs, over: machine.ended, signal });
    const session = answeredAfterMs === null ? null : await signIn(order, hostPort(22), open, signal);
    try {
      const probes = await runProbes({ session, dial: (port, within) => dialLoopback(hostPort(port), within) }, order.probes, signal);
      const actions = session ? await runActions(session, order.actions, signal) : [];
      if (session) await powerOff(session, machine, signal);
      return { startedAt, answeredAfterMs: session ? answeredAfterMs : null, probes, actions, console: await machine.console() };
    } finally {
      session?.close();
    }
  } finally {
    await machine.kill();
  }
}

async function startFromDisk(order: ImageBoot, signal: AbortSignal): Promise<{ machine: QemuMachine; forwards: MachineSpec['forwards'] }> {
  const { settings } = order;
  if (order.boot === 'uefi' && !settings.firmware) {
    throw new SmartantError('HOST_FIRMWARE_MISSING', 'A system that starts by UEFI cannot be started here: there is no firmware for it.', {
      kind: 'precondition',
      actor: 'operator',
      hint: 'Install OVMF on the migrator’s machine (Debian: ovmf), or name its files in the settings.',
    });
  }
  const ports = [22, ...order.probes.flatMap((probe) => ('port' in probe && probe.port !== 22 ? [probe.port] : []))];
  const guestPorts = [...new Set(ports)];
  const hostPorts = await freePorts(guestPorts.length);
  const forwards = guestPorts.map((guestPort, at) => ({ guestPort, hostPort: hostPorts[at] ?? 0 }));
  const variables = join(order.folder, `${order.name}.vars`);
  if (settings.firmware) await copyFile(settings.firmware.variables, variables);
  const spec: MachineSpec = {
    disks: [order.disk],
    kernel: null,
    firmware: order.boot === 'uefi' ? { kind: 'uefi', variables } : { kind: 'bios' },
    forwards,
    consolePath: join(order.folder, `${order.name}.console`),
    pidPath: pidPath(order.folder, order.name),
    seeded: false,
    memoryMiB: settings.memoryMiB,
    cpus: settings.cpus,
  };
  const kvm = settings.acceleration !== 'tcg' && (await mayUseKvm());
  if (!kvm) return { machine: await startQemu(spec, settings, 'tcg', null), forwards };
  const machine = await startQemu(spec, settings, 'kvm', null);
  if (settings.acceleration === 'kvm' || (await speaks(machine, signal))) return { machine, forwards };
  await machine.kill();
  return { machine: await startQemu(spec, settings, 'tcg', null), forwards };
}

/** Whether a kernel has come up: where KVM only seems to work, nothing but firmware and loader is ever heard. */
async function speaks(machine: QemuMachine, signal: AbortSignal): Promise<boolean> {
  for (const untilMs = performance.now() + KVM_SIGN_MS; performance.now() < untilMs;) {
    signal.throwIfAborted();
    if (/\[ +\d+\.\d{6}\]|login:|systemd/.test(await machine.console())) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

async function signIn(
  order: ImageBoot,
  port: number,
  open: (endpoint: HostEndpoint, signal: AbortSignal) => Promise<HostSession>,
  signal: AbortSignal,
): Promise<HostSession | null> {
  const { user, become, hostKeys, secret } = order.user;
  const endpoint: HostEndpoint = {
    id: `boot-${order.name}`,
    location: { kind: 'ssh', host: '127.0.0.1', port, user, hostKeys, become },
    secret,
  };
  // Right after its start a system may refuse users ("System is booting up").
  for (const untilMs = performance.now() + order.timeoutMs; ;) {
    try {
      return await open(endpoint, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() >= untilMs || !(error instanceof SmartantError) || !error.retryable) return null;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function powerOff(session: HostSession, machine: QemuMachine, signal: AbortSignal): Promise<void> {
  await session.run(['sync'], { signal, timeoutMs: 60_000 });
  await session.run(['sh', '-c', 'systemctl poweroff || poweroff'], { signal, timeoutMs: 30_000 }).catch(() => undefined);
  await Promise.race([machine.ended, new Promise((resolve) => setTimeout(resolve, OFF_MS).unref())]);
}
