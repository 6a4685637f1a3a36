import { inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const endBytes = 22;

/**
 * The files of a zip archive in memory, as name and content. Enough for Python wheels: no zip64, no encryption, stored or deflated.
 * https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT
 */
export function* zipEntries(archive) {
  let at = archive.length - endBytes;
  while (at >= 0 && archive.readUInt32LE(at) !== endOfDirectory) at -= 1;
  if (at < 0) throw new Error('this is not a zip archive');
  const count = archive.readUInt16LE(at + 10);
  let next = archive.readUInt32LE(at + 16);
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(next) !== directoryEntry) throw new Error('the directory of the zip archive is broken');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => archive.readUInt16LE(next + offset));
    const name = archive.toString('utf8', next + 46, next + 46 + nameBytes);
    const place = placeOf(archive, next);
    yield { name, content: () => contentOf(archive, place, name) };
    next += 46 + nameBytes + extraBytes + commentBytes;
  }
}

const placeOf = (archive, at) => ({
  method: archive.readUInt16LE(at + 10),
  packedBytes: archive.readUInt32LE(at + 20),
  header: archive.readUInt32LE(at + 42),
});

function contentOf(archive, { method, packedBytes, header }, name) {
  const from = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const packed = archive.subarray(from, from + packedBytes);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed);
  throw new Error(`${name} is packed with method ${method}, which is not known here`);
}
