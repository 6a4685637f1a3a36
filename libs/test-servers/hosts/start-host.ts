import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from 'node:net';
import { waitUntilReady } from '../guarded-server';
import { chooseNetwork, connectHost, setCable, type HostNetwork } from './host-network';
import { hostLog, startHostProcess, type HostProcess } from './host-process';
import { copySystem } from './host-system';

export interface StartHostOptions {
  name?: string;
  /** Lines of sshd_config, before the others. */
  sshd?: string[];
  /** The rules of sudo for the user "mover". Absent: everything, with its password. */
  sudoers?: string;
  /**
   * For many at once: its `/usr` is a mount of its own (overlay), so that the root filesystem is 10 MB small, and it has one host key. Starts in a
   * fraction of the time.
   */
  light?: boolean;
  /** Small filesystems of their own (tmpfs). */
  mounts?: { path: string; sizeMiB: number }[];
}

/** A host with sshd of its own: its own files, processes, network and name; the kernel is this machine's. */
export interface TestHost {
  /** As an endpoint's location, root signing in. `hostKeys` holds its pin. */
  readonly location: { kind: 'ssh'; host: string; port: number; user: string; hostKeys: string[]; become: 'none' | 'sudo' };
  /** The key that "root" and "mover" take, in OpenSSH form. */
  readonly privateKeyPem: string;
  /** The account that becomes root by sudo, with its password. */
  readonly mover: { user: string; password: string };
  /** Its root directory, on this machine. */
  readonly root: string;
  readonly network: HostNetwork;
  /** Of its first process, on this machine. */
  pid(): number;
  /** What sshd said. */
  log(): string;
  /** Pulls its network cable: packets are lost. */
  cut(): void;
  mend(): void;
  /** Switches it off at once: all its processes are killed. */
  kill(): Promise<void>;
  /** Switches it on again after `kill`, with the same files, address and keys. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const READY_MS = 30_000;

/** Starts one in about a second, a light one in a fifth of that. It dies with this process. */
export async function startHost(options: StartHostOptions = {}): Promise<TestHost> {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-host-'));
  const root = join(folder, 'root');
  copySystem(folder, options.light ?? false);
  const privateKeyPem = prepareSystem(folder, options);
  const name = options.name ?? 'host';
  const network = await retryTaken((candidate) => switchOn(folder, name, candidate));
  let { server } = network;
  const fingerprint = execFileSync('ssh-keygen', ['-lf', join(root, 'etc/ssh/ssh_host_ed25519_key.pub')])
    .toString()
    .split(' ')[1]!;
  return {
    location: { kind: 'ssh', host: network.address, port: 22, user: 'root', hostKeys: [fingerprint], become: 'none' },
    privateKeyPem,
    mover: { user: 'mover', password: 'let-me-move' },
    root,
    network,
    pid: () => firstProcess(folder),
    log: () => hostLog(folder),
    cut: () => setCable(network, 'down'),
    mend: () => setCable(network, 'up'),
    kill: async () => {
      const first = firstProcess(folder);
      await server.kill();
      // The kernel ends the others with it, a moment later.
      while (existsSync(`/proc/${first}`)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    restart: async () => void (server = (await switchOn(folder, name, network)).server),
    stop: () => server.stop(),
  };
}

/** Keys and settings. Returns the private key for it. */
function prepareSystem(folder: string, { name = 'host', sshd = [], sudoers, mounts = [], light = false }: StartHostOptions): string {
  const root = join(folder, 'root');
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
    chmodSync(join(root, path), mode);
  };
  const newKey = (path: string, type: string) => execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path]);
  newKey(join(folder, 'key'), 'ed25519');
  const authorized = readFileSync(join(folder, 'key.pub'), 'utf8');
  write('root/.ssh/authorized_keys', authorized, 0o600);
  write('home/mover/.ssh/authorized_keys', authorized, 0o600);
  chownSync(join(root, 'home/mover/.ssh/authorized_keys'), 1000, 1000);
  for (const type of light ? ['ed25519'] : ['ed25519', 'ecdsa', 'rsa']) newKey(join(root, `etc/ssh/ssh_host_${type}_key`), type);
  write('etc/ssh/sshd_config', `${[...sshd, ...SSHD].join('\n')}\n`);
  write('etc/hostname', `${name}\n`);
  write('etc/hosts', `127.0.0.1 localhost ${name}\n`);
  if (sudoers !== undefined) write('etc/sudoers', `${sudoers}\n`, 0o440);
  writeFileSync(join(folder, 'mounts'), mounts.map(({ path, sizeMiB }) => `${path} ${sizeMiB}\n`).join(''));
  return readFileSync(join(folder, 'key'), 'utf8');
}

const SSHD = [
  'PermitRootLogin yes',
  'PasswordAuthentication yes',
  'KbdInteractiveAuthentication no',
  'UsePAM no',
  'UseDNS no',
  'PrintMotd no',
  'MaxStartups 100',
  'Subsystem sftp internal-sftp',
];

async function switchOn(folder: string, name: string, network: HostNetwork): Promise<HostNetwork & { server: HostProcess }> {
  writeFileSync(join(folder, 'root/etc/test-address'), `${network.address}/30 ${network.gateway}\n`);
  writeFileSync(join(folder, 'pid'), '');
  const server = startHostProcess(folder, name);
  try {
    await waitUntilReady(server, 'the host', async () => hasOwnNetwork(folder), READY_MS);
    connectHost(network, unsharePid(folder));
    await waitUntilReady(server, 'the host', () => answers(network.address), READY_MS);
    return { ...network, server };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** Another test process may have taken the network that was chosen; and on a busy machine a host may end before it has one. */
async function retryTaken<T>(start: (network: HostNetwork) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await start(chooseNetwork());
    } catch (error) {
      if (tries >= 5 || !/File exists|No such process/.test(String(error))) throw error;
    }
  }
}

const unsharePid = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8'));

function firstProcess(folder: string): number {
  const pid = unsharePid(folder);
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Whether `unshare` has begun its child, which it does when all namespaces are made. */
function hasOwnNetwork(folder: string): boolean {
  try {
    return firstProcess(folder) > 0;
  } catch {
    return false;
  }
}

function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 22, timeout: 1_000 });
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket
      .once('data', () => settle(true))
      .once('error', () => settle(false))
      .once('timeout', () => settle(false));
  });
}
