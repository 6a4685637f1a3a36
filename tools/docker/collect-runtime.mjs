// Copies what a service needs at run time, and no more: node tools/docker/collect-runtime.mjs services/NAME TARGET
// That is the built files of the service and of every library it reaches by its imports, without source maps of tests or sources.
import { cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [service, target] = process.argv.slice(2);
if (!service || !target) {
  console.error('usage: collect-runtime.mjs services/NAME TARGET');
  process.exit(2);
}

const builtFiles = (folder) =>
  readdirSync(join(root, folder, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name));

/** The libraries that the built files of a project name. */
const importsOf = (folder) =>
  new Set(
    builtFiles(folder).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/["']@smartant\/([a-z-]+)/g)].map(([, name]) => `libs/${name}`),
    ),
  );

const needed = new Set([service]);
for (const folder of needed) for (const library of importsOf(folder)) needed.add(library);

for (const folder of needed) {
  mkdirSync(join(target, folder), { recursive: true });
  cpSync(join(root, folder, 'package.json'), join(target, folder, 'package.json'));
  cpSync(join(root, folder, 'dist'), join(target, folder, 'dist'), { recursive: true });
}
console.log([...needed].sort().join('\n'));
