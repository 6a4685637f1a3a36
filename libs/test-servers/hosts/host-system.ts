import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The system that `npm run provision -- hosts` made, or undefined. */
export function hostSystem(): string | undefined {
  const cache = process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant');
  const name = existsSync(cache) ? readdirSync(cache).find((entry) => /^hosts-[0-9a-f]{12}$/.test(entry)) : undefined;
  return name && join(cache, name);
}

let reason: string | null | undefined;

/** Why there can be no test hosts here, or null: they take root on Linux, namespaces, and a system that was provisioned. */
export function whyNoHosts(): string | null {
  return (reason ??= findReason());
}

function findReason(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'hosts in namespaces take root on Linux';
  if (hostSystem() === undefined) return 'the system of test hosts is missing: npm run provision -- hosts';
  try {
    execFileSync('unshare', ['--fork', '--pid', '--mount', '--uts', '--ipc', '--net', 'mount', '-t', 'proc', 'proc', '/proc'], {
      stdio: 'ignore',
    });
    return null;
  } catch {
    return 'this machine does not let us make namespaces';
  }
}

/**
 * A copy of the system at `folder`/root: what programs write is copied, what they only read (`/usr`) is linked to the cache. So do not change files
 * below `/usr` in place. `light`: `/usr` is left for a mount that shows the cache's.
 */
export function copySystem(folder: string, light: boolean): void {
  const system = hostSystem();
  if (system === undefined) throw new Error(whyNoHosts() ?? 'no system');
  const root = join(folder, 'root');
  mkdirSync(root);
  const names = readdirSync(system).filter((name) => !['usr', 'proc', 'sys', 'dev', 'run', 'tmp'].includes(name));
  execFileSync('cp', ['-a', '--', ...names.map((name) => join(system, name)), `${root}/`]);
  if (!light) return void execFileSync('cp', ['-al', '--', join(system, 'usr'), `${root}/`]);
  for (const name of ['root/usr', 'usr-upper', 'usr-work']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'view'), join(system, 'usr'));
}
