// Makes the rescue system (docs/adr/0015-host-migrations.md): one kernel and one initramfs, from Debian's packages. As root on Debian.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const recipe = import.meta.dirname;

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** Names what is made from a recipe: by all of its files, not by the day. Twelve hexadecimal digits. */
export function recipeKey(folder) {
  const hash = createHash('sha256');
  for (const path of filesBelow(folder))
    hash
      .update(`${relative(folder, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return hash.digest('hex').slice(0, 12);
}

export const rescueKey = () => recipeKey(recipe);
export const rescueFolder = (cache) => join(cache, `rescue-${rescueKey()}`);
export const rescueIsThere = (cache) => existsSync(join(rescueFolder(cache), 'manifest.json'));

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (status !== 0) throw new Error(`${command} ended with ${error?.message ?? `status ${status}`}`);
}

/** Puts vmlinuz, initramfs.zst, kexec.tar and manifest.json into the cache's folder for this recipe, and old recipes' folders away. */
export async function buildRescue(cache, say) {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'build-rescue-'));
  try {
    say('rescue: fetching packages');
    run('bash', [join(recipe, 'build-tree.sh'), recipe, work]);
    say('rescue: packing');
    const result = join(work, 'result');
    mkdirSync(result);
    // Whole sectors, so that another archive may be appended.
    const pack =
      'cd "$1" && find . -mindepth 1 -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0 --reproducible | zstd -q -19 -T0 -o "$2" && truncate -s %512 "$2"';
    run('bash', ['-o', 'pipefail', '-c', pack, 'pack', join(work, 'tree'), join(result, 'initramfs.zst')]);
    run('tar', ['-C', join(work, 'kexec'), '--owner=0', '--group=0', '--mode=755', '-cf', join(result, 'kexec.tar'), '.']);
    renameSync(join(work, 'vmlinuz'), join(result, 'vmlinuz'));
    const files = {};
    for (const name of ['vmlinuz', 'initramfs.zst', 'kexec.tar']) {
      files[name] = { bytes: statSync(join(result, name)).size, sha256: await sha256(join(result, name)) };
    }
    const packages = readFileSync(join(work, 'packages'), 'utf8').trim().split('\n');
    writeFileSync(join(result, 'manifest.json'), JSON.stringify({ recipe: rescueKey(), files, packages }, null, 2));
    const folder = rescueFolder(cache);
    rmSync(folder, { recursive: true, force: true });
    renameSync(result, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
