/**
 * A path as the bytes that a kernel knows it by, one character for each (latin1): any name, also one that is no UTF-8, and comparing two
 * compares their bytes. Below the root of its filesystem: "." or "./a/b".
 */
export type PathBytes = string;

/** Of a path as a user writes it. */
export function toPathBytes(text: string): PathBytes {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * For people, and injective: UTF-8 as it is; bytes that are none, control characters and the backslash itself as "\xNN".
 */
export function pathText(path: PathBytes): string {
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(path)) return path;
  return Array.from(decodeStrictly(Buffer.from(path, 'latin1')), escapeCharacter).join('');
}

const ESCAPED = /^[\p{Cc}\p{Surrogate}\\]$/u;
const RAW_BYTE = 0xdc00;

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (!ESCAPED.test(character)) return character;
  const bytes = code >= RAW_BYTE && code < RAW_BYTE + 256 ? [code - RAW_BYTE] : [...Buffer.from(character, 'utf8')];
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** UTF-8, with each byte that is none as a lone surrogate, which no UTF-8 decodes to. */
function decodeStrictly(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    text += length > 0 ? bytes.toString('utf8', at, at + length) : String.fromCharCode(RAW_BYTE + (bytes[at] ?? 0));
    at += Math.max(length, 1);
  }
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of the character that begins there; 0: none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** An absolute path of the source: the filesystem's mount point and a path below it. */
export function absoluteText(mount: string, path: PathBytes): string {
  const below = path === '.' ? '' : path.slice(1);
  return pathText(`${mount === '/' ? '' : toPathBytes(mount)}${below}`) || '/';
}

/** What tar, rm and xargs read with `-0`: each path ended by NUL. */
export function nameList(paths: readonly PathBytes[]): Buffer {
  return Buffer.from(paths.length === 0 ? '' : `${paths.join('\0')}\0`, 'latin1');
}
