/**
 * Names of files are bytes; keys are UTF-8. Bytes that are not UTF-8 become U+201B and two hexadecimal digits, and a U+201B
 * in a name is doubled: rclone's scheme (https://rclone.org/overview/#encoding-invalid-utf-8), so that both tools agree.
 * Reversible: `decodeFileName(encodeFileName(name))` is the name.
 */
const QUOTE = '\u201b';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One path component as text. */
export function encodeFileName(name: Buffer): string {
  try {
    return strictUtf8.decode(name).replaceAll(QUOTE, QUOTE + QUOTE);
  } catch {
    return encodeBytes(name);
  }
}

function encodeBytes(name: Buffer): string {
  let text = '';
  for (let index = 0; index < name.length;) {
    const length = sequenceLength(name, index);
    if (length === 0) {
      text += QUOTE + (name[index] ?? 0).toString(16).toUpperCase().padStart(2, '0');
      index += 1;
    } else {
      const character = name.toString('utf8', index, index + length);
      text += character === QUOTE ? QUOTE + QUOTE : character;
      index += length;
    }
  }
  return text;
}

/** Bytes of the valid UTF-8 sequence that starts here; 0 when none does. */
function sequenceLength(bytes: Buffer, index: number): number {
  const first = bytes[index] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  if (index + length > bytes.length) return 0;
  try {
    strictUtf8.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0;
  }
}

/** The bytes of a path component; null for text that no name encodes to. */
export function decodeFileName(text: string): Buffer | null {
  if (!text.isWellFormed()) return null;
  if (!text.includes(QUOTE)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (let index = 0; index < text.length;) {
    if (text[index] !== QUOTE) {
      const end = text.indexOf(QUOTE, index);
      parts.push(Buffer.from(text.slice(index, end < 0 ? undefined : end), 'utf8'));
      index = end < 0 ? text.length : end;
    } else if (text[index + 1] === QUOTE) {
      parts.push(Buffer.from(QUOTE, 'utf8'));
      index += 2;
    } else {
      const hex = text.slice(index + 1, index + 3);
      if (!/^[0-9A-F]{2}$/.test(hex)) return null;
      parts.push(Buffer.from(hex, 'hex'));
      index += 3;
    }
  }
  return Buffer.concat(parts);
}
