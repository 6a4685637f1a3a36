import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../platform/embedded-platform';

/** The versions that upgrades are tried from. Move them on when a version is released. */
const EARLIER = {
  /** Knows nothing but storage, and no ways to endpoints. */
  storage: '8a0ba3f3a666a9f324750a5302ad42bef4bbbef6',
  /** The first whose migrations of databases were whole; without checks beside a stream, and so without their tables. */
  databases: '5484760c9a5b8e66a2ef6bc01b1c6d34a8eaa289',
} as const;
type Earlier = keyof typeof EARLIER;

/** Why the earlier version cannot be had here, or null. */
export function whyNoEarlierVersion(earlier: Earlier): string | null {
  const found = spawnSync('git', ['cat-file', '-e', `${EARLIER[earlier]}^{commit}`], { cwd: ROOT });
  return found.status === 0 ? null : `commit ${EARLIER[earlier].slice(0, 7)} is not in this clone (a shallow one, or no git)`;
}

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
