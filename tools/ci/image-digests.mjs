import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `name: digest` of the images that tools/ci/build-images.sh has made; empty where the builder told none. */
export function imageDigests(folder) {
  if (!existsSync(folder)) return {};
  const found = readdirSync(folder).flatMap((file) => {
    const [, name, kind] = /^image-(.+)\.(json|digest)$/.exec(file) ?? [];
    if (!name) return [];
    const text = readFileSync(join(folder, file), 'utf8');
    const digest = kind === 'json' ? JSON.parse(text)['containerimage.digest'] : text.trim();
    return /^sha256:[0-9a-f]{64}$/.test(digest ?? '') ? [[name, digest]] : [];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
