import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { SmartantError } from '@smartant/kernel';
import type { SshLocation } from '@smartant/connectors';
import type { HostEndpoint } from '../../../application/ports/host-engine';
import type { HostInventory } from '../../../domain/inventory';
import type { HostSession } from '../session/host-session';
import type { CpioFile } from './cpio-archive';
import type { RescueFiles } from './rescue-files';
import { seedArchive } from './rescue-seed';
import { judgeTakeover, readTakeoverFacts, rescueNetwork } from './takeover-facts';

export interface TakeoverOrder {
  endpoint: HostEndpoint;
  inventory: Pick<HostInventory, 'interfaces' | 'hostname'>;
  files: RescueFiles;
  /** The machine returns to its own system when nobody has signed in by then. */
  returnAfterSeconds: number;
  /** How long it may take until the rescue system answers. */
  timeoutMs: number;
}

type Open = (endpoint: HostEndpoint, signal: AbortSignal) => Promise<HostSession>;

const PAUSE_MS = 1_000;

/** Whether a session is with our rescue system. */
export async function isRescue(session: HostSession, signal: AbortSignal): Promise<boolean> {
  return (await session.run(['test', '-x', '/usr/lib/rescue/network'], { signal, okCodes: [0, 1], root: false })).exitCode === 0;
}

/**
 * Puts our rescue system in the place of a machine's running system, in its memory: its disks are untouched and free then, and a restart brings
 * its own system back. It answers at the same address, with the same host keys and to the same users and keys as before, so the endpoint
 * stays true and nothing secret has to be remembered. Done already where the rescue system runs. Raises HOST_TAKEOVER_REFUSED with the first reason,
 * HOST_TAKEOVER_FAILED where kexec says no, HOST_TAKEOVER_SILENT where it does not come back.
 */
export async function takeOver(order: TakeoverOrder, open: Open, signal: AbortSignal): Promise<{ taken: boolean }> {
  const session = await open(order.endpoint, signal);
  try {
    if (await isRescue(session, signal)) return { taken: false };
    const [first] = judgeTakeover(await readTakeoverFacts(session, signal), order.files);
    if (first)
      throw new SmartantError('HOST_TAKEOVER_REFUSED', first.message, {
        kind: 'precondition',
        hint: first.hint,
        details: { reason: first.code },
      });
    const folder = await upload(session, order, signal);
    await load(session, folder, signal);
    await start(session, folder, signal);
  } finally {
    session.close();
  }
  await waitForRescue(order, open, signal);
  return { taken: true };
}

/** A folder in the target's memory, where programs may run, for root alone. */
const FOLDER = `umask 077
for base in /dev/shm /run /tmp; do
  folder=$(mktemp -d "$base/smartant-XXXXXX" 2>/dev/null) || continue
  [ "$(stat -f -c %T "$folder")" = tmpfs ] && printf '#!/bin/sh\\nexit 0\\n' >"$folder/try" && chmod 700 "$folder/try" && "$folder/try" 2>/dev/null && { echo "$folder"; exit 0; }
  rm -rf "$folder"
done
folder=$(mktemp -d /run/smartant-XXXXXX) && mount -t tmpfs -o mode=700 smartant "$folder" && echo "$folder"`;

async function upload(session: HostSession, order: TakeoverOrder, signal: AbortSignal): Promise<string> {
  const folder = (await session.run(['sh', '-c', FOLDER], { signal })).stdout.toString('utf8').trim();
  const location = order.endpoint.location as SshLocation;
  const seed = seedArchive(
    {
      files: await ownFiles(session, location.user, signal),
      hostname: order.inventory.hostname,
      network: rescueNetwork(order.inventory),
      returnAfterSeconds: order.returnAfterSeconds,
    },
    'etc/smartant',
  );
  const send = async (argv: string[], source: string) => {
    const running = await session.stream(argv, { signal });
    running.stdout.resume();
    await pipeline(createReadStream(source), running.stdin);
    const { exitCode, stderr } = await running.done;
    if (exitCode !== 0) throw failed(`the rescue system could not be sent: ${stderr.trim().slice(-500)}`);
  };
  await send(['sh', '-c', 'cat >"$1"', 'sh', `${folder}/vmlinuz`], order.files.kernel);
  await send(['sh', '-c', 'cat >"$1"', 'sh', `${folder}/initramfs`], order.files.initramfs);
  await session.run(['sh', '-c', 'cat >>"$1"', 'sh', `${folder}/initramfs`], { signal, stdin: seed });
  await send(['tar', '-x', '-C', folder, '-f', '-'], order.files.kexec);
  return folder;
}

/** The target's own host keys, and what its user signs in with. They are read and sent back over the session, and kept nowhere. */
async function ownFiles(session: HostSession, user: string, signal: AbortSignal): Promise<CpioFile[]> {
  const read = async (script: string) =>
    (await session.run(['sh', '-c', script, 'sh', user], { signal, okCodes: [0, 1, 2] })).stdout.toString('utf8');
  const files: CpioFile[] = [];
  for (const kind of ['ed25519', 'ecdsa', 'rsa']) {
    const content = await read(`cat /etc/ssh/ssh_host_${kind}_key 2>/dev/null`);
    if (content !== '') files.push({ path: `ssh_host_${kind}_key`, mode: 0o600, content });
  }
  // Options of a key (a forced command, an address) hold here too.
  const keys = await read(
    'home=$(getent passwd "$1" | cut -d: -f6); cat "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" /root/.ssh/authorized_keys 2>/dev/null',
  );
  files.push({ path: 'authorized_keys', mode: 0o600, content: `${keys.trim()}\n` });
  if (user !== 'root') files.push({ path: 'passwd', mode: 0o644, content: `${user}:x:0:0::/root:/bin/bash\n` });
  const hash = (await read('getent shadow "$1" | cut -d: -f2')).trim();
  if (/^\$/.test(hash)) files.push({ path: 'shadow', mode: 0o600, content: `${user}:${hash}:1:0:99999:7:::\n` });
  return files;
}

const LOAD = `cd "$1" || exit 1
exec ./ld-linux-x86-64.so.2 --library-path . ./kexec --kexec-syscall-auto -l ./vmlinuz --initrd=./initramfs --command-line="$2"`;

async function load(session: HostSession, folder: string, signal: AbortSignal): Promise<void> {
  const commandLine = 'console=tty0 console=ttyS0,115200 loglevel=4 panic=10 random.trust_cpu=on';
  const { exitCode, stderr } = await session.run(['sh', '-c', LOAD, 'sh', folder, commandLine], {
    signal,
    okCodes: [0, 1, 2, 255, 127, 126],
  });
  if (exitCode === 0) return;
  await session.run(['rm', '-rf', folder], { signal, okCodes: [0, 1] });
  throw failed(`kexec: ${stderr.trim().split('\n').at(-1) ?? ''}`);
}

/**
 * Apart from the session, which ends with the system that it runs in. Filesystems are written and made read-only first, as an emergency
 * remount does, so that the machine's own system finds them clean.
 */
const START = `cd "$1" || exit 1
setsid sh -c 'sleep 1; sync; echo 1 >/proc/sys/kernel/sysrq; echo s >/proc/sysrq-trigger; echo u >/proc/sysrq-trigger; sleep 1; exec ./ld-linux-x86-64.so.2 --library-path . ./kexec -e' </dev/null >/dev/null 2>&1 &
exit 0`;

async function start(session: HostSession, folder: string, signal: AbortSignal): Promise<void> {
  await session.run(['sh', '-c', START, 'sh', folder], { signal });
}

async function waitForRescue({ endpoint, timeoutMs }: TakeoverOrder, open: Open, signal: AbortSignal): Promise<void> {
  let last: unknown;
  for (const untilMs = performance.now() + timeoutMs; performance.now() < untilMs;) {
    signal.throwIfAborted();
    try {
      const session = await open(endpoint, AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
      try {
        if (await isRescue(session, signal)) return;
      } finally {
        session.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new SmartantError('HOST_TAKEOVER_SILENT', 'The target was taken over and its rescue system does not answer.', {
    kind: 'timeout',
    retry: { kind: 'never' },
    actor: 'operator',
    hint: 'It returns to its own system by itself after some minutes; its disks are untouched. Then boot it into a rescue system by its console.',
    cause: last,
  });
}

const failed = (message: string) =>
  new SmartantError('HOST_TAKEOVER_FAILED', `The target could not be taken over: ${message}`, {
    kind: 'precondition',
    hint: 'Its own system goes on as before. Boot it into a rescue system by its console instead.',
  });
