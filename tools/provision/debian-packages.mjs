// Programs that come as packages of Debian: installed where this is Debian (or a child of it) and we are root, else named in one line.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const isInstalled = (name) =>
  spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' }).stdout?.trim() === 'installed';

function hasApt() {
  try {
    accessSync('/usr/bin/apt-get', constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const packagesAreThere = (names) => names.every(isInstalled);

/** 'there', 'installed', or why it could not be done ('skipped: …', 'failed: …'). */
export function installPackages(names, say) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return 'there';
  if (!hasApt()) return `skipped: install what Debian calls ${missing.join(', ')}: there is no apt-get here`;
  if (process.getuid?.() !== 0) return `skipped: as root: apt-get install ${missing.join(' ')}`;
  say(`installing ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', ['-q', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const install = () => apt('install', '--no-install-recommends', ...missing);
  // Lists may be missing or old: they are asked for once.
  if (install().status === 0) return 'installed';
  apt('update');
  const { status } = install();
  return status === 0 ? 'installed' : `failed: apt-get ended with status ${status}`;
}
