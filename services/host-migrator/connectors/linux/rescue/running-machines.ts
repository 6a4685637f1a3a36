import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Where QEMU writes the process id of a machine. It is QEMU itself that does, so that no crash of ours is between its start and its record;
 * and the path stands in its arguments, so that a process that got the same id later is not taken for it.
 */
export function pidPath(folder: string, machine: string): string {
  return join(folder, `${machine}.pid`);
}

export async function makeMachineFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Ends a machine that an earlier process of ours left running. True: there was one. */
export async function endLeftMachine(folder: string, machine: string): Promise<boolean> {
  const path = pidPath(folder, machine);
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  const found = Number.isInteger(pid) && pid > 1 && (await isMachine(pid, path));
  if (found) {
    process.kill(pid, 'SIGKILL');
    while (await isMachine(pid, path)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await rm(path, { force: true });
  return found;
}

/** A process that has ended and that nobody has waited for has no arguments any more. */
async function isMachine(pid: number, path: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(path);
}
