import { NULL_VALUE, type Tuple } from '../replication/messages';
import { textOfKey } from './binary-table';
import type { TargetTable } from './target-table';

/**
 * Of the values of a row's key as they are written in text; undefined when one of them is not told. Lasting: a crash may come between two calls, and
 * the values come in another form afterwards.
 */
export function hashOfKey(table: TargetTable, row: Tuple): number | undefined {
  return table.form === 'binary' ? hashOfBinaryKey(table, row) : hashOfTextKey(table.key, row);
}

function hashOfBinaryKey(table: TargetTable, row: Tuple): number | undefined {
  let value = FIRST;
  for (const column of table.key) {
    const text = textOfKey(table, column, row);
    if (text === undefined) return undefined;
    value = add(value, text, 0, text.length);
  }
  return mixed(value);
}

function hashOfTextKey(key: readonly number[], { bytes, spans }: Tuple): number | undefined {
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
