import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../platform/embedded-platform';
import { EARLIER, whyNoCommit, type Earlier } from './earlier-commits';

/** Why the earlier version cannot be had here, or null. Raises where it should be had. */
export const whyNoEarlierVersion = (earlier: Earlier): string | null => whyNoCommit(EARLIER[earlier]);

/** The earlier version's own sources, built into a folder, with the installed packages of this one. */
export class EarlierVersion {
  private constructor(readonly folder: string) {}

  static build(earlier: Earlier): EarlierVersion {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-earlier-'));
    const archive = execFileSync('git', ['archive', EARLIER[earlier]], { cwd: ROOT, maxBuffer: 1 << 30 });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    linkPackages(folder);
    execFileSync(process.execPath, [join(folder, 'tools', 'build', 'build.mjs')], { cwd: folder, stdio: 'pipe' });
    return new EarlierVersion(folder);
  }

  /** The entry point of a service. */
  script(service: string): string {
    return join(this.folder, 'services', service, 'dist', 'main.js');
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Foreign packages are those of this clone; our own must be the earlier ones. */
function linkPackages(folder: string): void {
  const installed = join(ROOT, 'node_modules');
  const packages = join(folder, 'node_modules');
  mkdirSync(packages);
  for (const name of readdirSync(installed)) {
    if (name !== '@smartant') symlinkSync(realpathSync(join(installed, name)), join(packages, name));
  }
  mkdirSync(join(packages, '@smartant'));
  for (const name of readdirSync(join(folder, 'libs'))) symlinkSync(join(folder, 'libs', name), join(packages, '@smartant', name));
}
