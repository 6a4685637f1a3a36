// The other engines, installed from npm into a folder of the benchmark: none of them is a dependency of the product.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const VERSIONS = { 'pg-boss': '12.38.0', 'graphile-worker': '0.18.0' };

/** Installs exact versions below `folder`; resolves with the folder of its modules. */
export function installPeers(folder, versions = VERSIONS) {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--silent'];
  execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], { stdio: 'inherit', cwd: folder });
  return join(folder, 'node_modules');
}
