import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheFolder = () => process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant');

export const rescueFolder = () => join(cacheFolder(), 'rescue');
export const sourceRootTar = () => join(cacheFolder(), 'source-root.tar');

/** Why machines cannot be started here; null: they can. */
export function whyNoMachines(): string | null {
  const starts = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (!starts('qemu-system-x86_64') || !starts('qemu-img')) return 'QEMU is not installed (npm run provision -- rescue)';
  if (!existsSync(join(rescueFolder(), 'manifest.json')))
    return 'the rescue system is not there (as root on Debian: npm run provision -- rescue)';
  if (!existsSync(sourceRootTar())) return 'the source machine is not there (as root on Debian: npm run provision -- source-machine)';
  return null;
}
