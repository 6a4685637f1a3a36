// Compiles TypeScript projects with swc into their dist/, and bundles the pages of the console: `node tools/build/build.mjs [project folder …]` (none: all). Types are checked by `npm run typecheck`.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { buildConsole } from './build-console.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const CONSOLE = 'services/console';

const projectFolders = () =>
  ['libs', 'services', '.']
    .flatMap((parent) => (parent === '.' ? ['cli'] : readdirSync(join(root, parent)).map((name) => join(parent, name))))
    .filter((folder) => existsSync(join(root, folder, 'package.json')));

const sources = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(spec|long|contract|faults|boot|d)\.ts$/.test(entry.name))
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
    // Suites, fixtures and testkits are for tests: nothing that ships may need what they need.
    .filter((path) => !/(^|\/)(dist|node_modules|fixtures|testing|testkit)\//.test(path))
    .filter((path) => !isOfBrowser(folder, path));

/** The pages of the console are bundled, by Vite: sources in web/, output in dist/web/. */
const isOfBrowser = (folder, path) => folder === CONSOLE && path.startsWith('web/');

/** True when the output is newer than its source and the compiler's settings. */
const fresh = (source, output, settingsMs) =>
  existsSync(output) && statSync(output).mtimeMs > Math.max(statSync(source).mtimeMs, settingsMs);

/**
 * What only some commands of the CLI need, and is loaded when they first use it: backups bring a database driver, reports a schema library.
 * 0.8 s to the first line became 0.3 s.
 */
const loadedLate = ['@smartant/platform/backup', '@smartant/platform/tls', '@smartant/proof', 'yaml'];
const { module } = JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8'));
/** Packages that .swcrc names are loaded at their first use everywhere: only some processes, and few specs, come to that. */
const moduleOptions = (folder) => (folder === 'cli' ? { module: { ...module, lazy: [...module.lazy, ...loadedLate] } } : {});

async function buildProject(folder) {
  // Newer than what either of them had made otherwise.
  const settingsMs = Math.max(...['.swcrc', 'tools/build/build.mjs'].map((file) => statSync(join(root, file)).mtimeMs));
  const files = sources(folder);
  let compiled = 0;
  for (const file of files) {
    const source = join(root, folder, file);
    const output = join(root, folder, 'dist', file.replace(/\.ts$/, '.js'));
    if (fresh(source, output, settingsMs)) continue;
    const { code, map } = await transformFile(source, {
      cwd: root,
      configFile: join(root, '.swcrc'),
      sourceFileName: source,
      ...moduleOptions(folder),
    });
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(`${output}.map`, map ?? '');
    writeFileSync(output, `${code}\n//# sourceMappingURL=${output.split('/').at(-1)}.map\n`);
    compiled += 1;
  }
  removeStale(folder, new Set(files.map((file) => file.replace(/\.ts$/, '.js'))));
  return { files: files.length, compiled };
}

function removeStale(folder, expected) {
  const dist = join(root, folder, 'dist');
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = relative(dist, join(entry.parentPath, entry.name));
    if (isOfBrowser(folder, path)) continue;
    if (!expected.has(path.replace(/\.map$/, ''))) rmSync(join(dist, path));
  }
}

const startedMs = Date.now();
const wanted = process.argv.slice(2);
let files = 0;
let compiled = 0;
for (const folder of wanted.length > 0 ? wanted : projectFolders()) {
  const result = await buildProject(folder);
  files += result.files;
  compiled += result.compiled;
  if (folder === CONSOLE && (await buildConsole(root))) console.log('bundled the console');
}
console.log(`built ${files} files (${compiled} changed) in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
