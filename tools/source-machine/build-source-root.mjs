// Makes the files of the boot suite's source machine: a tar in the cache, named by the hash of its recipe. As root on Debian.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { recipeKey } from '../rescue/build-rescue.mjs';

const recipe = import.meta.dirname;

export const sourceRootPath = (cache) => join(cache, `source-root-${recipeKey(recipe)}.tar`);
export const sourceRootIsThere = (cache) => existsSync(sourceRootPath(cache));

export function buildSourceRoot(cache, say) {
  mkdirSync(cache, { recursive: true });
  const path = sourceRootPath(cache);
  const work = `${path}.${process.pid}.part`;
  say('source-machine: fetching packages');
  const { status } = spawnSync('bash', [join(recipe, 'build-root.sh'), recipe, work], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    rmSync(work, { force: true });
    throw new Error(`build-root.sh ended with status ${status}`);
  }
  renameSync(work, path);
}
