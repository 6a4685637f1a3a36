import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const COMPRESSED = new Set(['.js', '.css', '.svg', '.json']);
/** The last steps of brotli's scale take most of its time for a hundredth of the size. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Changes when anything does that the bundle is made from: its sources, its settings, the packages. */
function inputsDigest(root) {
  const console = join(root, 'services/console');
  const files = [...filesBelow(join(console, 'web')), join(console, 'vite.config.mjs'), join(root, 'package-lock.json')];
  const hash = createHash('sha256');
  for (const file of files) {
    if (/\.spec\.tsx?$/.test(file)) continue;
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Bundles the pages of the console into services/console/dist/web; does nothing when nothing has changed. Resolves with whether it did. */
export async function buildConsole(root) {
  const folder = join(root, 'services/console/dist/web');
  const stamp = join(folder, '.inputs');
  const digest = inputsDigest(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return false;
  // Whatever the shell says, such as that tests run: React and Ant Design bring what only developers want along otherwise, a quarter more.
  process.env.NODE_ENV = 'production';
  const { build } = await import('vite');
  await build({ configFile: join(root, 'services/console/vite.config.mjs'), logLevel: 'warn' });
  await Promise.all(filesBelow(folder).map(compress));
  // Last, so that a build that was interrupted is done anew.
  writeFileSync(stamp, digest);
  return true;
}

async function compress(file) {
  if (!COMPRESSED.has(extname(file))) return;
  const content = readFileSync(file);
  const [br, gz] = await Promise.all([promisify(brotliCompress)(content, BROTLI), promisify(gzip)(content, { level: 9 })]);
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
}
