import { NULL_VALUE, type Tuple } from '../replication/messages';

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const BACKSLASH = 92;
const N = 78;

/** Rows in the text format of COPY, of these columns. https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS */
export function copyText(rows: readonly Tuple[], columns: readonly number[]): Buffer {
  // Each byte may need another one before it, a null two, and each value a separator.
  let most = 0;
  for (const { spans } of rows) for (const column of columns) most += 2 * Math.max(1, spans[column * 2 + 1] ?? 0) + 1;
  const text = Buffer.allocUnsafe(most);
  let at = 0;
  for (const { bytes, spans } of rows) {
    for (const column of columns) {
      const begin = spans[column * 2] ?? 0;
      const length = spans[column * 2 + 1] ?? NULL_VALUE;
      if (length < 0) {
        text[at++] = BACKSLASH;
        text[at++] = N;
      } else at = escape(bytes, begin, begin + length, text, at);
      text[at++] = TAB;
    }
    text[at - 1] = NEWLINE;
  }
  return text.subarray(0, at);
}

function escape(from: Buffer, begin: number, end: number, to: Buffer, place: number): number {
  let at = place;
  for (let index = begin; index < end; index += 1) {
    const byte = from[index]!;
    // Of most bytes one comparison tells that they stand for themselves; four took three times as long.
    if (byte > BACKSLASH || (byte > RETURN && byte !== BACKSLASH)) {
      to[at++] = byte;
      continue;
    }
    if (byte === BACKSLASH) {
      to[at++] = BACKSLASH;
      to[at++] = BACKSLASH;
    } else if (byte === NEWLINE || byte === RETURN || byte === TAB) {
      to[at++] = BACKSLASH;
      to[at++] = byte === NEWLINE ? 110 : byte === RETURN ? 114 : 116;
    } else to[at++] = byte;
  }
  return at;
}
