import { NULL, TEXT } from '../replication/decode-message';
import type { AddedRows } from './added-rows';
import { untoldValue } from './untold-value';

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const BACKSLASH = 92;
const N = 78;
/** Of one piece: small enough to come from memory that was used before, which a page that the kernel has to clear first does not. */
const PIECE_BYTES = 64 << 10;

/**
 * Rows in the text format of COPY, of these columns (in the order of the rows' own), in pieces. Made from the stream's messages in one go.
 * https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
export function copyText({ blocks, begins }: AddedRows, columns: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let place = 0;
  for (let row = 0; row < begins.length; row += 1) {
    const bytes = blocks[row]!;
    let at = begins[row]! + 2;
    let next = 0;
    for (let column = 0; next < columns.length; column += 1) {
      const kind = bytes[at++];
      const begin = kind === TEXT ? at + 4 : at;
      // Not by the buffer's own methods, which check more than is in doubt here.
      if (kind === TEXT) at = begin + ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
      else if (kind !== NULL && column === columns[next]) throw untoldValue(kind);
      if (column !== columns[next]) continue;
      next += 1;
      // Each byte may need another one before it, a null two, and each value a separator.
      const most = 2 * (at - begin) + 3;
      if (place + most > piece.length) {
        pieces.push(piece.subarray(0, place));
        piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most));
        place = 0;
      }
      if (kind === TEXT) place = escape(bytes, begin, at, piece, place);
      else {
        piece[place++] = BACKSLASH;
        piece[place++] = N;
      }
      piece[place++] = next === columns.length ? NEWLINE : TAB;
    }
  }
  if (place > 0) pieces.push(piece.subarray(0, place));
  return pieces;
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
