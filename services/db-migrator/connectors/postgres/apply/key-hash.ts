import { NULL_VALUE, type Tuple } from '../replication/messages';

/** Of the values of these columns as they are written; undefined when one of them is not told. Lasting: a crash may come between two calls. */
export function hashOfKey(key: readonly number[], { bytes, spans }: Tuple): number | undefined {
  let value = FIRST;
  for (const column of key) {
    const length = spans[column * 2 + 1] ?? NULL_VALUE;
    if (length < 0) return undefined;
    const begin = spans[column * 2] ?? 0;
    value = add(value, bytes, begin, begin + length);
  }
  return mixed(value);
}

export function hashOfText(text: string): number {
  const bytes = Buffer.from(text);
  return mixed(add(FIRST, bytes, 0, bytes.length));
}

const FIRST = 0x811c9dc5;

/** FNV-1a. */
function add(seed: number, bytes: Buffer, begin: number, end: number): number {
  let value = seed;
  for (let at = begin; at < end; at += 1) value = Math.imul(value ^ bytes[at]!, 0x01000193);
  return Math.imul(value ^ (end - begin), 0x01000193);
}

/** Numbers that follow each other should not go in turn to the same few. */
function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (once ^ (once >>> 12)) >>> 0;
}
