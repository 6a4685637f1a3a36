import { createCipheriv, createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const seed = 'smartant sample 1';
const kib = 1024;
const mib = 1024 * kib;

/** Numbers from 0 to 1, the same ones for the same name (mulberry32). */
function randomNumbers(name) {
  let state = createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes that follow from a name: incompressible, different for each, made at the speed of AES. */
function contentOf(name) {
  const key = createHash('sha256').update(`${seed}/content/${name}`).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  return (size) => cipher.update(Buffer.alloc(size));
}

export function writeContent(path, name, size) {
  mkdirSync(dirname(path), { recursive: true });
  const next = contentOf(name);
  writeFileSync(path, next(Math.min(size, mib)));
  for (let left = size - mib; left > 0; left -= mib) appendFileSync(path, next(Math.min(left, mib)));
}

/** Names that break careless software. NFC and NFD are in folders of their own: some file systems take them for one name. */
const hostileNames = [
  'with space.txt',
  'trailing space ',
  ' leading space',
  'two  spaces',
  'ünïcödé/nfc-\u00e9.txt',
  'ünïcödé/nfd/e\u0301.txt',
  '中文/数据 表.csv',
  '日本語/ファイル.txt',
  'emoji/😀👩‍👩‍👧‍👦.bin',
  'beyond/\u{10348}\uffee.txt',
  'control/new\nline',
  'control/tab\there',
  'control/bell\u0007and\u0001',
  'control/return\r.txt',
  'percent/a%2Fb',
  'percent/100%',
  'percent/%00%20',
  'plus+and+plus',
  "quotes/'single'",
  'quotes/"double"',
  'quotes/`back`',
  'signs/a&b=c?d#e;f:g@h!$,()*<>|^~[]{}',
  'signs/back\\slash',
  '.hidden',
  '.dots/..hidden/...',
  'dots../trailing.',
  '-rf',
  'soap',
  `long/${'n'.repeat(255)}`,
  `long/${'长'.repeat(85)}`,
  `deep/${Array.from({ length: 100 }, (_, level) => `level-${level}`).join('/')}/leaf`,
  'case/File',
  'null/NUL.con',
];

/** Sizes around every edge: empty, one byte, a part, a part and a byte, several parts, 100 MB. */
const notableSizes = [
  ['sizes/empty', 0],
  ['sizes/one', 1],
  ['sizes/64k', 64 * kib],
  ['sizes/5m', 5 * mib],
  ['sizes/16m-less-one', 16 * mib - 1],
  ['sizes/16m', 16 * mib],
  ['sizes/16m-and-one', 16 * mib + 1],
  ['sizes/40m', 40 * mib],
  ['sizes/100m', 100_000_000],
];

const emptyFolders = ['empty folder', 'nested/empty/folder', '空目录'];

/** Every file of the sample with its size: 2,000 of them, about 420 MB. */
export function sampleFiles() {
  const random = randomNumbers('sizes');
  const files = [...hostileNames.map((name) => [name, Math.floor(random() * 8 * kib)]), ...notableSizes];
  for (let index = 0; files.length < 2000; index += 1) {
    const folder = `projects/${String(index % 23).padStart(2, '0')}/month ${String(index % 12).padStart(2, '0')}`;
    // Most files of a real tree are small, a few are not: the logarithm of the size is what is spread evenly.
    const size = index % 16 === 0 ? Math.floor(mib * (0.2 + 2.4 * random())) : Math.floor(2 ** (random() * 16)) - 1;
    files.push([`${folder}/document-${String(index).padStart(4, '0')}.dat`, size]);
  }
  return files.map(([path, size]) => ({ path, size }));
}

/** Writes the tree under `root`; `onProgress` gets the counts as they grow. */
export async function createTree(root, onProgress) {
  rmSync(root, { recursive: true, force: true });
  let bytes = 0;
  for (const [index, { path, size }] of sampleFiles().entries()) {
    writeContent(join(root, path), path, size);
    bytes += size;
    onProgress?.({ files: index + 1, bytes });
    // Ctrl-C, the children's output and open connections want their turn.
    await new Promise(setImmediate);
  }
  for (const folder of emptyFolders) mkdirSync(join(root, folder), { recursive: true });
  // Object stores know no links: it is counted as skipped, and must not appear at the target.
  symlinkSync('sizes/one', join(root, 'a link'));
}

/** What happens to the tree while it is being migrated; returns what was done. */
export function changeTree(root) {
  const documents = sampleFiles().filter(({ path }) => path.startsWith('projects/'));
  const every = (step, offset) => documents.filter((_, index) => index % step === offset);
  const rewritten = every(40, 3);
  for (const { path, size } of rewritten) writeContent(join(root, path), `changed ${path}`, size + 17);
  // The same size and, for half of them, the old time: only the content tells.
  const sameSize = every(80, 5).filter(({ size }) => size > 0);
  for (const [index, { path, size }] of sameSize.entries()) {
    writeContent(join(root, path), `same size ${path}`, size);
    if (index % 2 === 0) utimesSync(join(root, path), new Date('2020-01-01'), new Date('2020-01-01'));
  }
  const deleted = every(50, 7);
  for (const { path } of deleted) rmSync(join(root, path));
  const added = Array.from({ length: 40 }, (_, index) => `added/new file ${index} ✓`);
  for (const path of added) writeContent(join(root, path), path, 1000 * added.indexOf(path));
  renameSync(join(root, 'soap'), join(root, 'renamed soap'));
  rmSync(join(root, 'plus+and+plus'));
  writeContent(join(root, 'plus+and+plus', 'now a folder'), 'plus', 321);
  rmSync(join(root, 'empty folder'), { recursive: true });
  writeContent(join(root, 'nested/empty/folder', 'no longer'), 'no longer', 12);
  return { changed: rewritten.length + sameSize.length, added: added.length + 3, deleted: deleted.length + 2 };
}
