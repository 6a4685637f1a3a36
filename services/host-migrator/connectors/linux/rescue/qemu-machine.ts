import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { qemuArguments, type MachineSpec } from './qemu-arguments';
import type { QemuSettings } from './qemu-settings';

/** A machine of QEMU that runs. */
export interface QemuMachine {
  pid: number;
  /** Settles when its process has ended, with what QEMU said to that. */
  ended: Promise<{ exitCode: number | null; stderr: string }>;
  /** Ends the process at once, as pulling the plug does; resolves when it is gone. */
  kill(): Promise<void>;
  /** The end of its serial console, at most so many bytes. */
  console(maxBytes?: number): Promise<string>;
}

const STDERR_BYTES = 4096;
const CONSOLE_BYTES = 16 * 1024;

/** Starts QEMU. Raises HOST_QEMU_MISSING, or HOST_QEMU_FAILED with its own words where it ends at once. */
export async function startQemu(
  spec: MachineSpec,
  settings: QemuSettings,
  acceleration: 'kvm' | 'tcg',
  seed: Buffer | null,
): Promise<QemuMachine> {
  const seedFile = seed ? anonymousFile(seed) : null;
  let child: ChildProcess;
  try {
    const stdio = ['ignore' as const, 'ignore' as const, 'pipe' as const, ...(seedFile === null ? [] : [seedFile])];
    child = spawn(settings.program, qemuArguments(spec, settings, acceleration), { stdio, detached: true });
  } finally {
    if (seedFile !== null) closeSync(seedFile);
  }
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_BYTES)));
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve, reject) => {
    child.once('error', (error) => reject(missing(settings.program, error)));
    child.once('close', (exitCode) => resolve({ exitCode, stderr: stderr.trim() }));
  });
  ended.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    ended.catch(reject);
  });
  return {
    pid: child.pid ?? 0,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    console: (maxBytes = CONSOLE_BYTES) => readEnd(spec.consolePath, maxBytes),
  };
}

export function qemuFailed(machine: string, stderr: string): SmartantError {
  const busy = /lock|in use/i.test(stderr);
  return new SmartantError('HOST_QEMU_FAILED', `${machine} ended by itself: ${stderr || 'it said nothing'}`, {
    kind: busy ? 'unavailable' : 'precondition',
    actor: 'operator',
    hint: busy
      ? 'Another machine has the image open; it is tried again.'
      : 'Look at what QEMU says, and at the memory and disk of the migrator.',
  });
}

function missing(program: string, cause: unknown): SmartantError {
  return new SmartantError('HOST_QEMU_MISSING', `${program} cannot be started.`, {
    kind: 'precondition',
    actor: 'operator',
    hint: "Install QEMU on the migrator's machine (Debian: qemu-system-x86, qemu-utils and ovmf; in a clone: `npm run provision -- rescue`).",
    cause,
  });
}

/** An open file in memory that has no name any more: the keys in it are in no file that anyone could find. */
function anonymousFile(content: Buffer): number {
  for (const folder of ['/dev/shm', tmpdir()]) {
    const path = join(folder, `smartant-${randomUUID()}`);
    try {
      const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
      unlinkSync(path);
      writeSync(file, content, 0, content.length, 0);
      return file;
    } catch (error) {
      if (folder === tmpdir()) throw error;
    }
  }
  throw new Error('unreachable');
}

async function readEnd(path: string, maxBytes: number): Promise<string> {
  const file = await open(path).catch(() => null);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: size - length });
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/** So many ports of loopback that nobody has now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether this process may use KVM; whether a machine really starts by it is seen only then. */
export async function mayUseKvm(): Promise<boolean> {
  return await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}
