// The system that test hosts (libs/test-servers/hosts) run: a small Debian with sshd and sudo, in a folder of the cache. As root on Debian.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages, packagesAreThere } from './debian-packages.mjs';

/** `iproute2` and `util-linux` make its network and its namespaces; those after the client of SSH make trees that are hard to copy. */
const TOOLS = ['mmdebstrap', 'iproute2', 'util-linux', 'openssh-client', 'attr', 'acl', 'libcap2-bin', 'e2fsprogs', 'python3'];
const INCLUDED = [
  ...['openssh-server', 'sudo', 'rsync', 'zstd', 'attr', 'acl', 'libcap2-bin', 'procps', 'iproute2', 'util-linux-extra', 'bsdutils'],
  ...['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'dosfstools', 'fdisk', 'gdisk', 'lvm2', 'mdadm', 'perl-base'],
];

/** Run in the new system: an account that becomes root by sudo with a password, and no trace of this machine. */
const FINISH = `
set -e
useradd -m -s /bin/bash mover
echo 'mover:let-me-move' | chpasswd
usermod -aG sudo mover
install -d -m 700 /root/.ssh
install -d -m 700 -o mover -g mover /home/mover/.ssh
rm -f /etc/ssh/ssh_host_* /etc/machine-id /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap /etc/resolv.conf
: >/etc/machine-id
: >/etc/resolv.conf
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
`;

const key = () =>
  createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 12);
const folderIn = (cache) => join(cache, `hosts-${key()}`);

export const hostsAreThere = (cache) => packagesAreThere(TOOLS) && existsSync(folderIn(cache));

/** 'there', 'installed', or why not. */
export function installHosts(cache, say) {
  const tools = installPackages(TOOLS, say);
  // Specs that need test hosts are skipped then, with this reason.
  if (!packagesAreThere(TOOLS)) return tools.replace(/^failed/, 'skipped');
  if (existsSync(folderIn(cache))) return 'there';
  if (process.getuid?.() !== 0) return 'skipped: the system of test hosts is made by root alone (foreign owners)';
  say('hosts: making a small Debian (about 2 min)');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'build-hosts-'));
  try {
    const root = join(work, 'root');
    const { status } = spawnSync('mmdebstrap', argumentsFor(root), { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) return `skipped: mmdebstrap ended with status ${status}`;
    for (const old of readdirSync(cache).filter((name) => /^hosts-[0-9a-f]{12}$/.test(name))) {
      rmSync(join(cache, old), { recursive: true, force: true });
    }
    renameSync(root, folderIn(cache));
    return 'installed';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function argumentsFor(root) {
  return [
    ...['--quiet', '--mode=root', '--variant=minbase', '--format=directory'],
    ...['--aptopt=Apt::Install-Recommends "false"', '--aptopt=Acquire::Check-Valid-Until "false"'],
    ...['man', 'doc', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${INCLUDED.join(',')}`,
    `--customize-hook=chroot "$1" sh -c '${FINISH.replaceAll("'", "'\\''")}'`,
    ...['bookworm', root, ...sources()],
  ];
}

/** This machine's own lists where it is the same Debian: they know the mirror that can be reached. */
function sources() {
  const lists = ['/etc/apt/sources.list', ...listsIn('/etc/apt/sources.list.d')];
  const own = lists.filter((path) => existsSync(path) && /^(?:deb |URIs:).*debian/m.test(readFileSync(path, 'utf8')));
  const isSame = existsSync('/etc/os-release') && readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm');
  return isSame && own.length > 0 ? own : ['http://deb.debian.org/debian'];
}

function listsIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
