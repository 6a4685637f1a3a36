// promtool and amtool, for the tests of rules and of Alertmanager's routes: taken out of Debian's packages into the cache. Nothing is installed, so that
// no Prometheus begins to run here, and root is not needed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeWorkFolder } from './work-folder.mjs';

/** Program: package. */
const PROGRAMS = { promtool: 'prometheus', amtool: 'prometheus-alertmanager' };

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** In the cache or on the PATH. */
export const prometheusToolsAreThere = (cache) =>
  Object.keys(PROGRAMS).every((name) =>
    [join(cache, 'bin'), ...(process.env.PATH ?? '').split(delimiter)].some((folder) => isExecutable(join(folder, name))),
  );

/** 'there', 'installed', or why it could not be done ('skipped: …', 'failed: …'). */
export function installPrometheusTools(cache, say) {
  if (prometheusToolsAreThere(cache)) return 'there';
  if (!isExecutable('/usr/bin/apt-get') || !isExecutable('/usr/bin/dpkg-deb'))
    return `skipped: install ${Object.keys(PROGRAMS).join(' and ')} (https://prometheus.io/download): there is no apt-get here`;
  const work = makeWorkFolder(cache, 'prometheus-tools');
  const apt = (...args) => spawnSync('apt-get', ['-q', ...args], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  const download = () => apt('download', ...Object.values(PROGRAMS));
  try {
    say(`fetching Debian's ${Object.values(PROGRAMS).join(' and ')}`);
    // Lists may be missing or old: they are asked for once, which only root may.
    if (!download() && !(apt('update') && download())) return 'skipped: apt-get could not download them (as root: apt-get update)';
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb')))
      if (spawnSync('dpkg-deb', ['-x', file, 'root'], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
        return `failed: dpkg-deb could not unpack ${file}`;
    mkdirSync(join(cache, 'bin'), { recursive: true });
    for (const name of Object.keys(PROGRAMS)) {
      // Whole, or not there: beside its place first.
      const beside = join(cache, 'bin', `.${name}.${process.pid}`);
      copyFileSync(join(work, 'root', 'usr', 'bin', name), beside);
      renameSync(beside, join(cache, 'bin', name));
    }
    return 'installed';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
