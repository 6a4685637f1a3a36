import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIZES = [200, 800, 2_000, 6_000, 12_000, 30_000];
const FILES_OF_A_FOLDER = 500;
const MIB = 1024 * 1024;

/** Small files, half of them text that compresses and half that do not, and large ones that do not. Gives their bytes. */
export function makeTree(folder, { smallFiles, largeFiles, largeMiB }) {
  const noise = randomBytes(4 * MIB);
  const text = Buffer.from('lorem ipsum dolor sit amet consectetur adipiscing elit\n'.repeat(600));
  let bytes = 0;
  for (let index = 0; index < smallFiles; index += 1) {
    const parent = join(folder, String(Math.floor(index / FILES_OF_A_FOLDER)));
    if (index % FILES_OF_A_FOLDER === 0) mkdirSync(parent, { recursive: true });
    const size = SIZES[(index * 7) % SIZES.length];
    const from = (index * 4_099) % (noise.length - size);
    writeFileSync(join(parent, `file${index}`), index % 2 === 0 ? noise.subarray(from, from + size) : text.subarray(0, size));
    bytes += size;
  }
  mkdirSync(join(folder, 'large'), { recursive: true });
  for (let index = 0; index < largeFiles; index += 1) {
    const pieces = Array.from({ length: largeMiB / 4 }, () => randomBytes(4 * MIB));
    writeFileSync(join(folder, 'large', String(index)), Buffer.concat(pieces));
    bytes += largeMiB * MIB;
  }
  return bytes;
}
