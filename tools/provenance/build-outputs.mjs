import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The compiled files that ship, with their digests, in the order of their names. */
export function buildOutputs(root) {
  const projects = ['libs', 'services']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)))
    .concat('cli');
  return projects
    .map((project) => join(root, project, 'dist'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    .sort()
    .map((path) => ({ name: relative(root, path), digest: { sha256: sha256Of(path) } }));
}

export const sha256Of = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
